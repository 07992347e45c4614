/** Opens a recording in a worker: the module that an assignment for playback names. */
import type { OpenPlayback, Playback, PlaybackContext } from "../../runner/mod.ts";
import type { Failure, Timeline } from "../../trace/mod.ts";
import { PlaybackDivergence } from "./divergence.ts";
import { Ports } from "./ports.ts";
import { Recording } from "./recording.ts";
import { waitingPort } from "./waiting_port.ts";

const open: OpenPlayback = async (context) => {
  const recording = await Recording.read(context.trace);
  return new OpenRecording(recording, context);
};
export default open;

class OpenRecording implements Playback {
  readonly ports: Readonly<Record<string, unknown>>;
  readonly #ports: Ports;

  constructor(private readonly recording: Recording, context: PlaybackContext) {
    const { uses, timeline, signal, root, attachmentsDir } = context;
    this.#ports = new Ports(recording, timeline, { root, attachmentsDir });
    const { player } = this.#ports;
    player.begin();
    this.#tellDamage(timeline);
    const names = Object.keys(uses);
    this.ports = Object.fromEntries(names.map((name) => [name, this.#port(name, context)]));
    timeline.diagnose("playback", () => player.whereText());
    player.run(signal);
  }

  finish(): void {
    this.#ports.player.finish();
  }

  judge(failure: Failure): Failure {
    const recorded = this.recording.end?.error;
    const isSame = recorded?.name === failure.name && first(recorded) === first(failure);
    if (!isSame) return failure;
    const { blame, file, line, running } = recorded!;
    return { ...(file !== undefined && { file, line }), running, ...failure, blame };
  }

  /** What cannot be read is missing where the scenario comes to it. */
  #tellDamage(timeline: Timeline): void {
    const { problems: [first, ...others] } = this.recording;
    if (!first) return;
    const more = others.length > 0 ? `, and ${others.length} more` : "";
    const text =
      `the recording is damaged: ${first.message}${more}; what is missing cannot be played`;
    timeline.record({ type: "log", level: "warn", text });
    timeline.diagnose("damage", () => text);
  }

  #port(name: string, { uses }: PlaybackContext): unknown {
    const { recording } = this;
    if (!recording.hasCalls) return waitingPort(name, recording, this.#ports);
    const recorded = this.#ports.port(name) ?? this.#ports.port(this.#sameRole(uses[name]!.role));
    if (recorded !== undefined) return recorded;
    throw new PlaybackDivergence(
      `Cannot play the port "${name}" (${
        uses[name]!.role
      }): the scenario did not use it when it was ` +
        `recorded; record it again`,
    );
  }

  /** The name in the recording of what has another one now. */
  #sameRole(role: string): string {
    const found = Object.entries(this.recording.header.uses ?? {}).find(([, use]) =>
      use.role === role
    );
    return found?.[0] ?? role;
  }
}

function first({ message }: Failure): string {
  return message.split("\n", 1)[0]!;
}
