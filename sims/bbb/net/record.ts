/** The LAN's frames on the timeline, as signals that `packetsOf` and `formatPcapng` read. */
import type { Clock } from "hil";
import type { PacketData, Signal, Timeline } from "hil/trace/mod.ts";
import { describeFrame } from "./describe.ts";
import type { Fate, Lan } from "./lan.ts";

/** Kinds of the signal are fates: "delivered", "lost". */
export type FrameData = PacketData & {
  /** The port that sent it. */
  readonly from: string;
};

export interface RecordOptions {
  readonly timeline: Timeline;
  /** The clock that the signal is on; it shows the LAN's time. */
  readonly clock: Clock;
  /** Default: the LAN's name. */
  readonly channel?: string;
  /** Bytes of each frame that are kept. Default: all. */
  readonly keepBytes?: number;
}

export function recordFrames(lan: Lan, options: RecordOptions): Signal<FrameData> {
  const { timeline, clock, channel = lan.name, keepBytes = Infinity } = options;
  const signal = timeline.signal<FrameData>(channel, {
    clock,
    describe: (kind, { frame, from }) =>
      `${channel}: ${describeFrame(Uint8Array.fromBase64(frame))} (${from}${
        kind === "delivered" ? "" : `, ${kind}`
      })`,
  });
  lan.observe(({ frame, from, fate }) => {
    const kept = frame.subarray(0, Math.min(frame.length, keepBytes));
    signal.emit(fate, {
      frame: kept.toBase64(),
      from,
      comment: commentOf(from, fate),
      ...(kept.length < frame.length && { length: frame.length }),
    });
  });
  return signal;
}

function commentOf(from: string, fate: Fate): string {
  return fate === "delivered" ? `from ${from}` : `from ${from}, ${fate}`;
}
