/**
 * A capture played to the ban daemon's eyes: on the capture's own times, with the verdicts that it
 * would have given live.
 */
import { readCapture } from "hil/drivers/pcap/mod.ts";
import { BanEngine, type Decision, type Settings } from "./core/mod.ts";
import { type WatchCounts, Watcher, type WatcherOptions } from "./watch/mod.ts";

export interface ReplayOptions extends WatcherOptions {
  readonly settings: Partial<Settings>;
  /** How long it goes on after the last packet: challenges run out, bans end. Default: 0. */
  readonly restS?: number;
}

export interface Replayed {
  readonly counts: Readonly<WatchCounts>;
  /** Of the first and the last packet: nanoseconds since 1970; 0 when there is none. */
  readonly firstNs: number;
  readonly lastNs: number;
  readonly engine: BanEngine;
}

/**
 * Decisions in their order; each has its time on the capture's clock, also what was due between two
 * packets. The generator returns what was seen in all.
 *
 * @throws CaptureFileError at the first byte that cannot be; decisions before it were given
 * @throws RangeError naming a setting that cannot be
 *
 * @example
 * ```ts ignore
 * const file = await Deno.readFile("attack.pcapng");
 * for (const decision of replay(file, { settings: { own: ["198.51.100.1"] } })) print(decision);
 * ```
 */
export function* replay(
  file: Uint8Array,
  { settings, restS = 0, ...options }: ReplayOptions,
): Generator<Decision, Replayed> {
  const engine = new BanEngine(settings);
  const watcher = new Watcher(engine, options);
  let [firstNs, lastNs] = [0, 0];
  for (const packet of readCapture(file)) {
    const t = packet.seconds * 1e9 + packet.nanoseconds;
    firstNs ||= t;
    lastNs = Math.max(lastNs, t);
    if (engine.nextNs() <= t) yield* watcher.tick(t);
    yield* watcher.see(packet);
  }
  yield* watcher.tick(lastNs + restS * 1e9);
  return { counts: watcher.counts, firstNs, lastNs, engine };
}
