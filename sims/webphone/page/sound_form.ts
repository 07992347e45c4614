/** Which microphone and loudspeaker; the browser tells their names once the page may use one. */
import type { AudioDevice, Webphone } from "../phone/mod.ts";
import { byId, make } from "./dom.ts";

const microphones = byId("microphone", HTMLSelectElement);
const speakers = byId("speaker", HTMLSelectElement);

export function chosenMicrophone(): string {
  return microphones.value;
}

/** @param phone the one that is, when something is chosen */
export function listenForSound(phone: () => Webphone | undefined): void {
  microphones.addEventListener("change", () => void phone()?.useMicrophone(microphones.value));
  speakers.addEventListener("change", () => void phone()?.useSpeaker(speakers.value));
  navigator.mediaDevices?.addEventListener("devicechange", () => void showDevices(phone()));
}

export async function showDevices(phone: Webphone | undefined): Promise<void> {
  if (!phone) return;
  const devices = await phone.devices();
  fill(microphones, devices.microphones, "Microphone");
  fill(speakers, devices.speakers, "Loudspeaker");
  speakers.disabled = devices.speakers.length === 0;
}

function fill(select: HTMLSelectElement, devices: readonly AudioDevice[], what: string): void {
  const chosen = select.value;
  const options = devices.filter(({ id }) => id !== "default").map(({ id, label }, n) => {
    const option = make("option", label || `${what} ${n + 1}`);
    option.value = id;
    return option;
  });
  const first = make("option", "Default");
  first.value = "";
  select.replaceChildren(first, ...options);
  select.value = devices.some(({ id }) => id === chosen) ? chosen : "";
}
