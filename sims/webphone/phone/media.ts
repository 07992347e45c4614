/** Microphones and loudspeakers of a browser (Media Capture and Streams; Audio Output Devices). */
import { failure, microphoneFailure, PhoneError } from "./failures.ts";

export interface AudioDevice {
  readonly id: string;
  /** Empty until the page may use the microphone. */
  readonly label: string;
}

export interface AudioDevices {
  readonly microphones: readonly AudioDevice[];
  /** Empty where the browser lets nobody choose. */
  readonly speakers: readonly AudioDevice[];
}

/** @throws PhoneError that says why there is none */
export async function openMicrophone(deviceId?: string): Promise<MediaStream> {
  const devices = globalThis.navigator.mediaDevices;
  if (!devices) throw new PhoneError(failure("insecure-page"));
  try {
    return await devices.getUserMedia({
      audio: deviceId ? { deviceId: { exact: deviceId } } : true,
      video: false,
    });
  } catch (cause) {
    throw new PhoneError(microphoneFailure((cause as Error).name), { cause });
  }
}

export function closeStream(stream: MediaStream | undefined): void {
  for (const track of stream?.getTracks() ?? []) track.stop();
}

export async function audioDevices(): Promise<AudioDevices> {
  const all = await globalThis.navigator.mediaDevices?.enumerateDevices() ?? [];
  const of = (kind: MediaDeviceKind) =>
    all.filter((device) => device.kind === kind && device.deviceId !== "")
      .map(({ deviceId, label }) => ({ id: deviceId, label }));
  const canChoose = "setSinkId" in HTMLMediaElement.prototype;
  return { microphones: of("audioinput"), speakers: canChoose ? of("audiooutput") : [] };
}

/** Does nothing where the browser lets nobody choose. */
export async function useSpeaker(audio: HTMLAudioElement, id: string): Promise<void> {
  await (audio as { setSinkId?: (id: string) => Promise<void> }).setSinkId?.(id);
}
