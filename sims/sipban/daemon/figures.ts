/** What the metrics show of a daemon. */
import type { Decision } from "../core/mod.ts";
import type { Filter } from "../filter/mod.ts";
import type { Guard } from "../guard/mod.ts";
import { type Family, type Histogram, label } from "./metrics.ts";

/** The daemon, as far as its figures go; or what stands for it on virtual time. */
export interface Measured {
  readonly guard: Guard;
  readonly filter: Filter;
  readonly decisions: Readonly<Record<Decision["type"], number>>;
  readonly latency: Histogram;
  readonly listeners: readonly {
    readonly interface: string;
    readonly counts: { readonly dropped: number };
  }[];
  readonly reports: {
    readonly queues: Readonly<
      Record<string, { readonly length: number; readonly dropped: number; readonly failed: number }>
    >;
  };
}

export async function figures(daemon: Measured): Promise<Family[]> {
  const { guard, listeners, reports, decisions } = daemon;
  const { packets, messages, malformed } = guard.watcher.counts;
  const counter = (name: string, help: string, values: Record<string, number>): Family => ({
    name: `sipban_${name}_total`,
    type: "counter",
    help,
    values,
  });
  const gauge = (name: string, help: string, values: Record<string, number>): Family => ({
    name: `sipban_${name}`,
    type: "gauge",
    help,
    values,
  });
  const by = (name: string, record: Readonly<Record<string, number>>) =>
    Object.fromEntries(Object.entries(record).map(([key, value]) => [label(name, key), value]));
  const lost = Object.fromEntries(listeners.map((one) => [one.interface, one.counts.dropped]));
  const queues = Object.entries(reports.queues);
  const dropped = await daemon.filter.dropped().catch(() => NaN);
  return [
    counter("packets", "Packets that were read.", { "": packets }),
    counter("kernel_drops", "Packets lost before they were read.", by("interface", lost)),
    counter("messages", "SIP messages that count.", { "": messages }),
    counter("malformed", "Messages that name no transaction.", { "": malformed }),
    counter("decisions", "What was decided.", by("type", decisions)),
    counter("filtered_packets", "Packets that the filter dropped.", { "": dropped }),
    gauge("entries", "Entries of tables.", by("table", guard.sizes)),
    gauge(
      "queued",
      "Reports that wait.",
      by("queue", Object.fromEntries(queues.map(([name, { length }]) => [name, length]))),
    ),
    counter(
      "reports_lost",
      "Reports that were dropped or failed.",
      by("queue", Object.fromEntries(queues.map(([name, q]) => [name, q.dropped + q.failed]))),
    ),
    gauge("problems", "What does not work now.", { "": guard.problems.length }),
    {
      name: "sipban_latency_seconds",
      type: "histogram",
      help: "From the packet that decided to the rule in force.",
      values: daemon.latency,
    },
  ];
}
