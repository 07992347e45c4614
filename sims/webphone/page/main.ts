/** The web phone's page: joins its forms to a {@link Webphone}. `window.webphone` is that phone. */
import { ms, timer } from "hil/time/mod.ts";
import { createWebphone, inCall, PhoneError, type Webphone } from "../phone/mod.ts";
import { FIRST_STATE } from "../phone/state.ts";
import { AccountForm, type FormAccount } from "./account_form.ts";
import { CallLog } from "./call_log.ts";
import { button, byId, field } from "./dom.ts";
import { listenForKeys } from "./keypad.ts";
import { chosenMicrophone, listenForSound, showDevices } from "./sound_form.ts";
import { show, showCall, showLevels } from "./view.ts";

const LEVELS_EVERY = ms(100);
/** In levels. */
const CALL_EVERY = 10;

const form = new AccountForm();
const audio = byId("other-side", HTMLAudioElement);
const isCalm = matchMedia("(prefers-reduced-motion: reduce)");
let phone: Webphone | undefined;

const log = new CallLog((other) => {
  field("number").value = other;
  void phone?.call(other);
});

function register(account: FormAccount): void {
  if (phone && inCall(phone.state)) return phone.register(); // The call is worth more.
  phone?.close();
  phone = undefined;
  try {
    phone = createWebphone({ ...account, audio, microphone: chosenMicrophone() || undefined });
  } catch (error) {
    if (!(error instanceof PhoneError)) throw error;
    const registrationFailure = error.failure;
    return show({ ...FIRST_STATE, registration: "failed", registrationFailure });
  }
  Object.assign(globalThis, { webphone: phone });
  listen(phone);
  phone.register();
}

function listen(phone: Webphone): void {
  let { registration, call } = phone.state;
  phone.on("state", (state) => {
    if (state.registration !== registration && state.registration === "registered") {
      form.registered(phone.secret);
    }
    if (state.registrationFailure?.passing === false) form.open();
    if (state.call !== call && state.call === "up") {
      void showDevices(phone);
      follow(phone);
    }
    ({ registration, call } = state);
    show(state);
  });
  phone.on("record", (record) => log.add(record));
  show(phone.state);
  void showDevices(phone);
}

/** Shows levels and time of a call for as long as it is up. */
function follow(phone: Webphone): void {
  let n = 0;
  const look = async () => {
    const isUp = phone.state.call === "up" || phone.state.call === "held";
    if (!isCalm.matches || !isUp) showLevels(phone);
    if (!isUp) return;
    if (n++ % CALL_EVERY === 0) showCall(phone, await phone.statistics());
    timer(LEVELS_EVERY, look);
  };
  void look();
}

function listenForCalls(): void {
  const on = (id: string, work: () => void) => button(id).addEventListener("click", work);
  on("answer", () => void phone?.answer());
  on("decline", () => phone?.hangUp());
  on("hang-up", () => phone?.hangUp());
  on("mute", () => phone?.mute(!phone.state.muted));
  on("hold", () => phone?.hold(phone.state.call !== "held"));
  byId("dial", HTMLFormElement).addEventListener("submit", (event) => {
    event.preventDefault();
    const { value } = field("number");
    if (value.trim()) void phone?.call(value);
    else field("number").focus();
  });
}

function listenForTransfer(): void {
  const transfer = byId("transfer", HTMLFormElement);
  const opener = button("to-transfer");
  const open = (on: boolean) => {
    transfer.hidden = !on;
    opener.ariaExpanded = `${on}`;
    if (on) field("transfer-to").focus();
  };
  opener.addEventListener("click", () => open(transfer.hidden === true));
  transfer.addEventListener("submit", (event) => {
    event.preventDefault();
    phone?.transfer(field("transfer-to").value);
    open(false);
    opener.focus();
  });
}

form.onRegister(register);
form.onUnregister(() => phone?.unregister());
form.onAutoAnswer((on) => phone && (phone.autoAnswer = on));
listenForCalls();
listenForTransfer();
listenForSound(() => phone);
listenForKeys((key) => {
  const isUp = phone?.state.call === "up" || phone?.state.call === "held";
  if (isUp) phone!.sendDtmf(key);
  return isUp;
});
show(FIRST_STATE);
// The other side and the registrar learn of it at once.
globalThis.addEventListener("pagehide", () => phone?.close());
globalThis.addEventListener("pageshow", ({ persisted }) => persisted && register(form.read()));
if (form.registersAtOnce) register(form.read());
