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
  return pathTo({ path, called: false }, recording, ports);
}

/** Where a scenario has got to from a port, by properties and calls. */
interface At {
  readonly path: string;
  /** It is what a call gave. */
  readonly called: boolean;
}

function pathTo({ path, called }: At, recording: Recording, ports: Ports): object {
  const signal = signalOf(path, recording, called);
  // What was called, and a signal, is an object; all else may be about to be called.
  const target = called || signal !== undefined ? new Path() : () => {};
  return new Proxy(target, {
    getPrototypeOf: () => typeof target === "function" ? Function.prototype : Path.prototype,
    has: (target, key) =>
      (signal !== undefined && OF_SIGNALS.includes(String(key))) || Reflect.has(target, key),
    get: (target, key) => {
      if (typeof key === "symbol" || key in target) return Reflect.get(target, key);
      if (key === "then") return called ? refuse(path, recording, ports) : undefined;
      if (LOOKS.includes(key)) return look(path, key, recording, ports);
      if (signal !== undefined && OF_SIGNALS.includes(key)) {
        return Reflect.get(ports.player.echo.signal(signal), key);
      }
      if (key === CLOCK) return ports.player.echo.clock(recording.ownClock);
      if (NOT_THERE.has(key)) return undefined;
      return pathTo({ path: `${path}.${key}`, called: false }, recording, ports);
    },
    apply: (_target, _this, args) => {
      const shown = args.map((each) => Deno.inspect(each)).join(", ");
      return pathTo({ path: `${path}(${shown})`, called: true }, recording, ports);
    },
  });
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

function signalOf(
  path: string,
  { channels, byteChannels }: Recording,
  called: boolean,
): string | undefined {
  const signals = [...channels.keys()].filter((name) => !byteChannels.has(name));
  return channelOf(path, new Set(signals), called);
}

/** The one that the path names (its last word or number); the only one, if that will do. */
function channelOf(
  path: string,
  channels: ReadonlySet<string>,
  only = true,
): string | undefined {
  const words = path.match(/[\w.-]*\w/g)?.flatMap((word) => word.split(".")) ?? [];
  const last = words.at(-1) ?? "";
  const all = [...channels];
  return all.find((name) => name === last) ??
    all.find((name) => name.split(/[^A-Za-z0-9]+/).includes(last)) ??
    (only && all.length === 1 ? all[0] : undefined);
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
  throw player.part(error);
}
