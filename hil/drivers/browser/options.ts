/** What a browser and its tabs are made of, as data. */
import type { Clock, Duration } from "../../time/mod.ts";
import type { Timeline } from "../../trace/mod.ts";
import type { Tone } from "./tone.ts";

export interface BrowserOptions {
  readonly timeline: Timeline;
  /** The host's: what happens is told on it as it arrives. */
  readonly clock: Clock;
  /** For its profile, which is removed at the end. */
  readonly tempDir: string;
  /** Where screenshots are kept; beside the trace. */
  readonly attachmentsDir: string;
  /** Set for all its processes: a target passes its context's. */
  readonly processEnv?: Readonly<Record<string, string>>;
  /** A `LabHost`, in whose namespace it runs. Default: in this machine's own network. */
  readonly host?: { readonly namespace: string };
  /** Certificates of authorities, as PEM, that it trusts besides its own. */
  readonly trust?: string;
  /** Addresses of names. No other name has one, but localhost. */
  readonly hosts?: Readonly<Record<string, string>>;
  /** What its microphone hears; default: it has none. All its tabs have the same one. */
  readonly microphone?: Tone;
  /** With windows on the screen that DISPLAY or WAYLAND_DISPLAY names. */
  readonly headed?: boolean;
  /** Of Chromium, beyond those that it needs: "--force-webrtc-ip-handling-policy=…". */
  readonly flags?: readonly string[];
}

/** Default of `permissions`: the microphone, when the browser has one. */
export interface TabOptions {
  /** "microphone", "notifications" …; what is not here is refused without asking anybody. */
  readonly permissions?: readonly string[];
  /** In pixels. Default: 1280 × 720. */
  readonly size?: { readonly width: number; readonly height: number };
  /** Keeps what it shows, at 5 frames a second, as an attachment (AVI with Motion JPEG). */
  readonly video?: boolean;
}

export interface Within {
  readonly within: Duration;
}
