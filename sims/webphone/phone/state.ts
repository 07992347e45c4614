/**
 * The states of a web phone: registration and one call. Pure: what happened comes in, the next state
 * comes out; what does not belong to a state changes nothing.
 */
import type { Failure } from "./failures.ts";

export type RegistrationState =
  | "unregistered"
  | "connecting"
  | "registering"
  | "registered"
  | "failed";

export type CallState = "idle" | "calling" | "ringing" | "incoming" | "up" | "held" | "ended";

export type Direction = "in" | "out";

export interface WebphoneState {
  readonly registration: RegistrationState;
  /** Attempts since the connection was lost; 0 while it is there. */
  readonly attempts: number;
  readonly call: CallState;
  readonly direction: Direction | undefined;
  /** The other side of the call that is, or was last. */
  readonly other: string | undefined;
  readonly muted: boolean;
  /** The other side has put this one on hold. */
  readonly heldByOther: boolean;
  /** Why it is not registered, or why the last call ended; `undefined`: nothing is wrong. */
  readonly registrationFailure: Failure | undefined;
  readonly callFailure: Failure | undefined;
}

export type PhoneEvent =
  | { readonly type: "connecting"; readonly attempts: number }
  | { readonly type: "registering" }
  | { readonly type: "registered" }
  | { readonly type: "unregistered" }
  | { readonly type: "registration failed"; readonly failure: Failure }
  | { readonly type: "dialled"; readonly other: string }
  | { readonly type: "called"; readonly other: string }
  | { readonly type: "ringing" }
  | { readonly type: "up" }
  | { readonly type: "held" }
  | { readonly type: "resumed" }
  | { readonly type: "held by other"; readonly on: boolean }
  | { readonly type: "muted"; readonly on: boolean }
  /** Of the call, which goes on. */
  | { readonly type: "trouble"; readonly failure: Failure | undefined }
  | { readonly type: "ended"; readonly failure?: Failure; readonly isDeclined?: boolean };

export const FIRST_STATE: WebphoneState = {
  registration: "unregistered",
  attempts: 0,
  call: "idle",
  direction: undefined,
  other: undefined,
  muted: false,
  heldByOther: false,
  registrationFailure: undefined,
  callFailure: undefined,
};

/** Which call state follows which, by event. */
const CALL_STEPS: Readonly<Record<CallState, Partial<Record<PhoneEvent["type"], CallState>>>> = {
  idle: { dialled: "calling", called: "incoming", ended: "ended" },
  ended: { dialled: "calling", called: "incoming", ended: "ended" },
  calling: { ringing: "ringing", up: "up", ended: "ended" },
  ringing: { ringing: "ringing", up: "up", ended: "ended" },
  incoming: { up: "up", ended: "ended" },
  up: { held: "held", ended: "ended" },
  held: { resumed: "up", ended: "ended" },
};

/** Whether there is a call, in whatever state. */
export function inCall({ call }: Pick<WebphoneState, "call">): boolean {
  return call !== "idle" && call !== "ended";
}

/** The state after `event`. */
export function next(state: WebphoneState, event: PhoneEvent): WebphoneState {
  switch (event.type) {
    case "connecting":
      return { ...state, registration: "connecting", attempts: event.attempts };
    case "registering":
      return { ...state, registration: "registering", attempts: 0 };
    case "registered":
      return { ...state, registration: "registered", attempts: 0, registrationFailure: undefined };
    case "unregistered":
      return { ...state, registration: "unregistered", registrationFailure: undefined };
    case "registration failed":
      return { ...state, registration: "failed", registrationFailure: event.failure };
    case "muted":
      return inCall(state) ? { ...state, muted: event.on } : state;
    case "held by other":
      return inCall(state) ? { ...state, heldByOther: event.on } : state;
    case "trouble":
      return { ...state, callFailure: event.failure };
    default:
      return nextCall(state, event);
  }
}

function nextCall(state: WebphoneState, event: PhoneEvent): WebphoneState {
  const call = CALL_STEPS[state.call][event.type];
  if (call === undefined) return state;
  if (event.type === "dialled" || event.type === "called") {
    const direction = event.type === "called" ? "in" : "out";
    return { ...state, ...NEW_CALL, call, direction, other: event.other };
  }
  if (event.type === "ended") return { ...state, ...NEW_CALL, call, callFailure: event.failure };
  return { ...state, call };
}

const NEW_CALL = { muted: false, heldByOther: false, callFailure: undefined } as const;
