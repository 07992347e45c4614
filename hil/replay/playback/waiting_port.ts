/**
 * A port of a recording that has no calls (imported, or of version 1): what was said on its channels
 * can be waited for, and nothing can be done.
 *
 * Whatever leads to a console or a signal in the scenario (`board.console`,
 * `board.gpio.output(55)`) is a path, and the channel is told by it.
 */
import { LOOKS } from "./calls.ts";
import { PlaybackDivergence } from "./divergence.ts";
import { here } from "./place.ts";
import type { Ports } from "./ports.ts";
import type { Recording } from "./recording.ts";

/** What a membrane takes for a port. */
class Path {}

/** The clock that a port has, by this name on all. */
const CLOCK = "clock";
const OF_SIGNALS = ["channel", "clock", "occurrences"];

export function waitingPort(path: string, recording: Recording, ports: Ports): object {
  const at = (path: string, called: boolean): object =>
    new Proxy(Object.assign(() => {}, new Path()), {
      getPrototypeOf: () => Path.prototype,
      has: (target, key) =>
        (OF_SIGNALS.includes(String(key)) && signalOf(path, recording) !== undefined) ||
        Reflect.has(target, key),
      get: (target, key) => {
        if (typeof key === "symbol" || key === "constructor") return Reflect.get(target, key);
        if (key === "then") return called ? refuse(path, recording, ports) : undefined;
        if (LOOKS.includes(key)) return look(path, key, recording, ports);
        const signal = signalOf(path, recording);
        if (OF_SIGNALS.includes(key) && signal !== undefined) {
          return Reflect.get(ports.player.signal(signal), key);
        }
        if (key === CLOCK) return ports.player.clock(recording.ownClock);
        return NOT_THERE.has(key) ? undefined : at(`${path}.${key}`, false);
      },
      apply: (_target, _this, args) =>
        at(`${path}(${args.map((each) => Deno.inspect(each)).join(", ")})`, true),
    });
  return at(path, false);
}

/** Whoever looks whether it is a clock, or JSON, is told that it is not. */
const NOT_THERE = new Set(["until", "now", "virtual", "toJSON", "name"]);

function look(path: string, method: string, recording: Recording, ports: Ports) {
  const channel = channelOf(path, recording.byteChannels);
  return function asked(...given: unknown[]): unknown {
    const place = here(asked);
    if (channel === undefined) return refuse(`${path}.${method}()`, recording, ports);
    const { consoles } = ports;
    consoles.open(path, () => channel);
    return consoles.look({ on: path, method, given, place });
  };
}

function signalOf(path: string, { channels, byteChannels }: Recording): string | undefined {
  return channelOf(path, new Set([...channels.keys()].filter((name) => !byteChannels.has(name))));
}

/** The one that the path names (its last word or number), or the only one. */
function channelOf(path: string, channels: ReadonlySet<string>): string | undefined {
  const words = path.match(/[\w.-]*\w/g)?.flatMap((word) => word.split(".")) ?? [];
  const last = words.at(-1) ?? "";
  const all = [...channels];
  return all.find((name) => name === last) ??
    all.find((name) => name.split(/[^A-Za-z0-9]+/).includes(last)) ??
    (all.length === 1 ? all[0] : undefined);
}

function refuse(path: string, recording: Recording, { player }: Ports): never {
  const { header, byteChannels, channels } = recording;
  const why = header.trace === 1 ? "is of version 1" : "was imported";
  const signals = [...channels.keys()].filter((name) => !byteChannels.has(name));
  const there = [
    byteChannels.size > 0 ? `text can be waited for on ${[...byteChannels].join(", ")}` : "",
    signals.length > 0 ? `signals can be expected on ${signals.join(", ")}` : "",
  ].filter(Boolean).join(", ");
  const error = new PlaybackDivergence(
    `Cannot play "${path}": the recording ${why}, so it has no calls, and nothing can be asked of it; ` +
      `${there || "it has no channels"}; for all else run the scenario on its target once more`,
  );
  player.timeline.fail(error);
  throw error;
}
