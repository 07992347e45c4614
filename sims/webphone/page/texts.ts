/** What the page says of a state. */
import type { Failure } from "../phone/failures.ts";
import { inCall, type WebphoneState } from "../phone/state.ts";

export function registrationText({ registration, attempts }: WebphoneState): string {
  if (registration === "connecting") {
    return attempts > 0 ? `Connecting, attempt ${attempts + 1} …` : "Connecting …";
  }
  return REGISTRATION[registration];
}

const REGISTRATION: Readonly<Record<Exclude<WebphoneState["registration"], "connecting">, string>> =
  {
    unregistered: "Not registered",
    registering: "Registering …",
    registered: "Registered",
    failed: "Not registered: see the message",
  };

export function callText(state: WebphoneState): string {
  const { call, other = "", heldByOther, muted, registration } = state;
  switch (call) {
    case "calling":
      return `Calling ${other} …`;
    case "ringing":
      return `It rings at ${other}`;
    case "incoming":
      return `${other} is calling`;
    case "up":
      return `${other}${heldByOther ? ", has put you on hold" : ""}${
        muted ? ", you are muted" : ""
      }`;
    case "held":
      return `${other}, on hold`;
    case "ended":
      return "Call ended";
    case "idle":
      return registration === "registered" ? "Ready" : "Ready when you are registered";
  }
}

/** What is wrong, the call's first. */
export function failuresOf({ registrationFailure, callFailure }: WebphoneState): Failure[] {
  return [callFailure, registrationFailure].filter((failure) => failure !== undefined);
}

/** `1:05`, `1:00:05` */
export function durationText(durationS: number): string {
  const whole = Math.floor(durationS);
  const two = (amount: number) => `${amount}`.padStart(2, "0");
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  const tail = `${two(whole % 60)}`;
  return hours > 0 ? `${hours}:${two(minutes)}:${tail}` : `${minutes}:${tail}`;
}

/** For the tab, where a call must be seen. */
export function titleText(state: WebphoneState): string {
  if (state.call === "incoming") return `${state.other} is calling`;
  return inCall(state) ? `In a call with ${state.other}` : "Web phone";
}
