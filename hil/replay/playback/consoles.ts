/** Consoles of a recording: what is awaited now and was not then is looked for in what they said. */
import type { BytesEvent, Json, ObjectKey } from "../../trace/mod.ts";
import { type BytesConsole, bytesConsole } from "./console.ts";
import { LOOKS } from "./calls.ts";
import { PlaybackDivergence } from "./divergence.ts";
import { type Here, placed } from "./place.ts";
import type { Player } from "./player.ts";
import { memberKey, type Recording } from "./recording.ts";

/** What a scenario asks a console. */
export interface Look {
  readonly on: ObjectKey;
  readonly method: string;
  readonly given: readonly unknown[];
  readonly place: Here;
}

interface Own {
  readonly console: BytesConsole;
  readonly channel: string;
  /** What the scenario waits for differs: the recorded answers are those of other questions. */
  parted: boolean;
}

export class Consoles {
  readonly #own = new Map<ObjectKey, Own>();

  constructor(
    private readonly recording: Recording,
    private readonly player: Player,
    private readonly fail: (error: Error) => void,
  ) {}

  /** Whether an object is one: by what the scenario did with it when it was recorded. */
  is(key: ObjectKey): boolean {
    const { methods, getsOf, byteChannels } = this.recording;
    if (LOOKS.some((look) => methods.get(key)?.has(look))) return true;
    const [name] = getsOf.get(memberKey(key, "name")) ?? [];
    return byteChannels.has(String(name?.event.value)) || getsOf.has(memberKey(key, "quality"));
  }

  /** Whether it is answered by its bytes from now on. */
  isOnItsOwn(key: ObjectKey): boolean {
    return this.#own.get(key)?.parted === true;
  }

  heard(channel: string, bytes: Uint8Array): void {
    for (const own of this.#own.values()) if (own.channel === channel) own.console.feed(bytes);
  }

  look({ on, method, given, place }: Look): unknown {
    const own = this.open(on, () => this.#channelOf(on));
    if (method === "waitFor") own.parted = true;
    const console = own.console as unknown as Record<string, (...args: unknown[]) => unknown>;
    const answer = console[method]!(...given);
    if (!(answer instanceof Promise)) return answer;
    return answer.catch((error) => {
      throw placed(error, place);
    });
  }

  /** The bytes of a channel as a console, from where the scenario has read it. */
  open(key: ObjectKey, channelOf: () => string): Own {
    const known = this.#own.get(key);
    if (known) return known;
    const { events, channels, ownClock } = this.recording;
    const channel = channelOf();
    const said = events.slice(0, this.player.at).filter((event) =>
      event.type === "bytes" && event.channel === channel && event.dir === "rx"
    ).map((event) => bytesOf(event as BytesEvent));
    const console = bytesConsole({
      channel,
      clock: channels.get(channel) ?? ownClock,
      times: this.player.times,
      said,
      position: this.#positionOf(key, said),
      fail: this.fail,
    });
    const own = { console, channel, parted: false };
    this.#own.set(key, own);
    return own;
  }

  /** How much of what it said has been read over, by the calls that were made. */
  #positionOf(key: ObjectKey, said: readonly Uint8Array[]): number {
    const { callsOf, methods } = this.recording;
    const all = said.reduce((sum, { length }) => sum + length, 0);
    let position = 0;
    for (const method of methods.get(key) ?? []) {
      for (const call of callsOf.get(memberKey(key, method))!) {
        const { returned, returnedAt } = call;
        if (!this.player.calls.isMade(call) || returnedAt >= this.player.at) continue;
        if (method === "waitFor") position = Math.max(position, endOf(returned?.value));
        else if (method === "run") position = Math.max(position, this.#saidBy(key, returnedAt));
      }
    }
    return Math.min(position, all);
  }

  #saidBy(key: ObjectKey, at: number): number {
    const channel = this.#channelOf(key);
    let bytes = 0;
    for (const event of this.recording.events.slice(0, at)) {
      if (event.type !== "bytes" || event.channel !== channel || event.dir !== "rx") continue;
      bytes += bytesOf(event).length;
    }
    return bytes;
  }

  /** By its name, or by what it found; the only channel there is. */
  #channelOf(key: ObjectKey): string {
    const { getsOf, byteChannels, callsOf, events } = this.recording;
    const [name] = getsOf.get(memberKey(key, "name")) ?? [];
    const named = String(name?.event.value);
    if (byteChannels.has(named)) return named;
    if (byteChannels.size === 1) return [...byteChannels][0]!;
    for (const { returned } of callsOf.get(memberKey(key, "waitFor")) ?? []) {
      const t = (returned?.value as { readonly t?: number } | undefined)?.t;
      const heard = events.find((event) =>
        event.type === "bytes" && event.dir === "rx" && event.t === t
      );
      if (heard?.type === "bytes") return heard.channel;
    }
    throw new PlaybackDivergence(
      `Cannot tell which channel "${key}" is: the recording has ${[...byteChannels].join(", ")}, ` +
        `and nothing was found on it; read its name in the scenario, and record it again`,
    );
  }
}

/** Where a match ends in all that was said. */
function endOf(value: Json | undefined): number {
  const { offset, text } = (value ?? {}) as { readonly offset?: number; readonly text?: string };
  return offset === undefined ? 0 : offset + new TextEncoder().encode(text ?? "").length;
}

export function bytesOf({ text, base64 }: BytesEvent): Uint8Array {
  return text === undefined ? Uint8Array.fromBase64(base64 ?? "") : new TextEncoder().encode(text);
}
