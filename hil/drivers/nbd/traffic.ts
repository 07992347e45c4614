/** NBD requests as a signal on the timeline. */
import type { Clock } from "../../ports/mod.ts";
import type { Signal, Timeline } from "../../trace/mod.ts";
import type { NbdTraffic } from "./drive.ts";

/** Kinds: the operation when it arrives, then "done". */
export type NbdTrafficData = {
  readonly drive: string;
  readonly id: number;
  readonly operation: string;
  readonly lba: number;
  readonly blocks: number;
  readonly status?: string;
};

/** How a person says it: "disk0 read 8 blocks at 1234", "disk0 write 7 done: ok". */
export function describeTraffic({ drive, operation, lba, blocks, status }: NbdTrafficData) {
  const what = operation === "flush"
    ? "flush"
    : `${operation} block ${lba}${blocks === 1 ? "" : ` to ${lba + blocks - 1}`}`;
  return `${drive} ${what}${status === undefined ? "" : ` done: ${status}`}`;
}

/** A signal of all requests, and the observer to give the server. */
export function trafficSignal(
  timeline: Timeline,
  options: { readonly channel: string; readonly clock: Clock },
): { readonly signal: Signal<NbdTrafficData>; readonly observe: (event: NbdTraffic) => void } {
  const signal = timeline.signal<NbdTrafficData>(options.channel, {
    clock: options.clock,
    describe: (_kind, data) => describeTraffic(data),
  });
  const observe = ({ phase, status, ...event }: NbdTraffic) => {
    if (phase === "arrived") signal.emit(event.operation, event);
    else signal.emit("done", { ...event, status: status! });
  };
  return { signal, observe };
}
