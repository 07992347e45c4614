/** What a whole trace says of its run, for the comparison with another and for the verdict. */
import type { EndEvent, Trace, TraceHeader } from "../../trace/mod.ts";
import { type DescribeFrame, itemsOf } from "./items.ts";
import { ADDRESS } from "./noise.ts";

export interface Facts {
  readonly path: string;
  readonly header: TraceHeader;
  readonly end?: EndEvent;
  /** The process that wrote it was killed. */
  readonly cutOff: boolean;
  /** What did not hold first: an expectation or a measurement. */
  readonly firstUnmet?: string;
  readonly items: number;
  /** Of them, what the scenario asked of its ports. */
  readonly calls: number;
  /** Time of the last event on the scenario's own clock, in whole nanoseconds. */
  readonly lastT: number;
  /** Time of the last thing that the scenario did itself; none when it did nothing. */
  readonly lastStepT?: number;
  readonly problems: readonly string[];
  readonly addresses: ReadonlySet<string>;
}

/** Addresses that are remembered; beyond that they are noise. */
const MOST_ADDRESSES = 200_000;

/** Reads a trace to its end; memory is bounded. */
export async function factsOf(trace: Trace, describe?: DescribeFrame): Promise<Facts> {
  const addresses = new Set<string>();
  let end: EndEvent | undefined, firstUnmet: string | undefined;
  let items = 0, calls = 0, lastT = 0, lastStepT: number | undefined;
  for await (const { event, text, order, source } of itemsOf(trace, describe)) {
    items++;
    if (event?.type === "call") calls++;
    lastT = Math.max(lastT, order);
    if (event?.type === "end") end = event;
    else if (source === "scenario") lastStepT = order;
    const unmet = (event?.type === "expect" && !event.ok) ||
      (event?.type === "measure" && event.verdict === "fail");
    if (unmet) firstUnmet ??= text;
    if (source === "scenario" || addresses.size >= MOST_ADDRESSES) continue;
    for (const [address] of text.matchAll(ADDRESS)) addresses.add(address);
  }
  return {
    path: trace.path,
    header: trace.header,
    ...(end && { end }),
    cutOff: trace.cutOff,
    ...(firstUnmet !== undefined && { firstUnmet }),
    items,
    calls,
    lastT,
    ...(lastStepT !== undefined && { lastStepT }),
    problems: trace.problems.map(({ message }) => message),
    addresses,
  };
}
