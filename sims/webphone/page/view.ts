/** Shows a state of the phone: text, buttons, the line. It reads nothing back from the page. */
import { type CallStatistics, inCall, type Webphone, type WebphoneState } from "../phone/mod.ts";
import { button, byId, make } from "./dom.ts";
import { callText, durationText, failuresOf, registrationText, titleText } from "./texts.ts";

const root = byId("webphone", HTMLElement);
const alertBox = byId("alert", HTMLDivElement);
const clock = byId("clock", HTMLParagraphElement);
const quality = byId("quality", HTMLParagraphElement);

export function show(state: WebphoneState): void {
  root.dataset.registration = state.registration;
  root.dataset.call = state.call;
  document.title = titleText(state);
  setText(byId("registration", HTMLParagraphElement), registrationText(state));
  setText(byId("call", HTMLParagraphElement), callText(state));
  showFailures(state);
  showButtons(state);
}

function showButtons(state: WebphoneState): void {
  const { call, registration, muted } = state;
  const isUp = call === "up" || call === "held";
  const isIncoming = call === "incoming";
  const isOurs = inCall(state) && !isIncoming;
  byId("dial", HTMLFormElement).hidden = inCall(state);
  byId("features", HTMLDivElement).hidden = !isUp;
  clock.hidden = !isUp;
  quality.hidden = !isUp;
  if (!isUp) {
    quality.textContent = "";
    byId("transfer", HTMLFormElement).hidden = true;
    button("to-transfer").ariaExpanded = "false";
  }
  const focus = document.activeElement;
  button("dial-now").hidden = inCall(state);
  button("dial-now").disabled = registration !== "registered";
  button("answer").hidden = button("decline").hidden = !isIncoming;
  button("hang-up").hidden = !isOurs;
  button("mute").ariaPressed = `${muted}`;
  button("hold").ariaPressed = `${call === "held"}`;
  button("register").textContent = registration === "registered" ? "Register anew" : "Register";
  button("unregister").hidden = registration === "unregistered";
  moveFocus(focus);
}

/** Whoever worked by keyboard on a button that is gone goes on at the one in its place. */
function moveFocus(before: Element | null): void {
  if (!(before instanceof HTMLElement) || before === document.body) return;
  if (before.checkVisibility() || !byId("phone", HTMLElement).contains(before)) return;
  const first = ["answer", "hang-up", "dial-now"].map(button)
    .find((other) => !other.hidden && !other.disabled);
  first?.focus();
}

function showFailures(state: WebphoneState): void {
  const wanted = failuresOf(state);
  const key = wanted.map(({ message }) => message).join("\n");
  if (alertBox.dataset.key === key) return; // What was said is not said again.
  alertBox.dataset.key = key;
  alertBox.replaceChildren(...wanted.map(({ code, message, advice }) => {
    const text = make("p", "", make("strong", `${message}.`), new Text(` ${advice}.`));
    text.dataset.code = code;
    return text;
  }));
}

/** Several times a second. */
export function showLevels(phone: Webphone): void {
  const levels = phone.levels();
  // A square root: speech is seldom louder than a tenth.
  root.style.setProperty("--in", `${Math.min(1, Math.sqrt(levels.in * 1.4)).toFixed(3)}`);
  root.style.setProperty("--out", `${Math.min(1, Math.sqrt(levels.out * 1.4)).toFixed(3)}`);
}

/** Once a second. */
export function showCall(phone: Webphone, statistics: CallStatistics | undefined): void {
  setText(clock, durationText(phone.upS));
  if (!statistics) return;
  const { codec, audioIn: { packets, lost }, jitterS = 0 } = statistics;
  const parts = [
    codec ?? "No sound yet",
    `${lost} of ${packets + lost} packets lost`,
    `${Math.round(jitterS * 1000)} ms jitter`,
  ];
  setText(quality, parts.join(" · "));
}

/** Says it once to those who are read to. */
function setText(element: HTMLElement, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}
