/** Where the cause is likely to be, by what the two traces show. Each piece of evidence is told. */
import type { Blame } from "../../trace/mod.ts";
import type { Comparison, Difference } from "./compare.ts";
import type { Facts } from "./facts.ts";
import type { Item } from "./items.ts";

export interface Evidence {
  readonly place: Blame;
  /** 1: a hint; 2: speaks for itself; 3: settles it. */
  readonly weight: number;
  readonly text: string;
}

export interface Verdict {
  /** Left out when nothing speaks for any place, or as much for two. */
  readonly likely?: Blame;
  /** The heaviest first. */
  readonly evidence: readonly Evidence[];
}

interface Case {
  readonly a: Facts;
  readonly b: Facts;
  readonly comparison: Comparison;
}

/** Words of what stands around the system under test. */
const BENCH_WORDS =
  /\b(no space left|permission denied|no such device|cannot open|unplugged|out of memory|oom|qemu|docker|container|serial port|usb|relay|power supply|link is down|namespace|netns|timed out connecting|connection refused)\b/i;
const SLOW = 1.5;

/** @param a the trace that is taken for the good one */
export function judgeCause({ a, b, comparison }: Case): Verdict {
  const [first] = comparison.differences;
  if (!first) return { evidence: [] };
  const evidence = [
    ...ofFirst(first, comparison, a.header.seed === b.header.seed),
    ...ofEnds(b),
    ...ofHeaders(a, b),
    ...ofPace(comparison),
  ].sort((x, y) => y.weight - x.weight);
  const sums = new Map<Blame, number>();
  for (const { place, weight } of evidence) sums.set(place, (sums.get(place) ?? 0) + weight);
  const [best, second] = [...sums].sort(([, x], [, y]) => y - x);
  const clear = best && best[1] > (second?.[1] ?? 0);
  return { ...(clear && { likely: best[0] }), evidence };
}

function ofFirst(first: Difference, { before }: Comparison, oneSeed: boolean): Evidence[] {
  const item = first.b[0] ?? first.a[0]!;
  const sent = before.filter(([, { source }]) => source === "harness").length;
  switch (item.source) {
    case "target": {
      const told = sent > 0
        ? `all ${sent} lines sent before it are the same`
        : "nothing sent differs";
      if (BENCH_WORDS.test(item.text)) return [benchWord(item)];
      return [{
        place: "product",
        weight: 2,
        text: `the first difference is what the target did on ${first.channel}; ${told}`,
      }];
    }
    case "harness":
      return [{
        place: oneSeed ? "harness" : "scenario",
        weight: 2,
        text: `the first difference is what was sent on ${first.channel}, after the same answers` +
          (oneSeed ? " and with the same seed" : "; the seeds differ"),
      }];
    case "log":
      return [
        BENCH_WORDS.test(item.text) ? benchWord(item) : {
          place: "harness",
          weight: 1,
          text: `the first difference is in the harness's log: ${item.text}`,
        },
      ];
    case "scenario":
      return ofScenario(item);
  }
}

function ofScenario({ event, text }: Item): Evidence[] {
  if (event?.type === "call") {
    return [{ place: "scenario", weight: 2, text: `the scenario asked otherwise: ${text}` }];
  }
  if (event?.type === "return") {
    return [{ place: "product", weight: 2, text: `the first difference is an answer: ${text}` }];
  }
  if (event?.type === "expect" || event?.type === "measure") {
    const place = "product";
    return [{ place, weight: 1, text: `the first difference is what was expected: ${text}` }];
  }
  if (event?.type === "end" || event?.type === "step.end") return [];
  const what = `the first difference is what the scenario did: ${text}`;
  return [{ place: "scenario", weight: 1, text: what }];
}

function benchWord({ text, channel }: Item): Evidence {
  return {
    place: "bench",
    weight: 3,
    text: `the first difference, on ${channel}, is of the bench: ${text}`,
  };
}

/** What the run itself made of its failure. */
function ofEnds({ end, cutOff, problems }: Facts): Evidence[] {
  const found: Evidence[] = [];
  if (end?.error) {
    const [message = ""] = end.error.message.split("\n");
    const { blame } = end.error;
    found.push({ place: blame, weight: 2, text: `the run of B blamed the ${blame}: ${message}` });
    if (BENCH_WORDS.test(message)) {
      found.push({ place: "bench", weight: 1, text: `the failure of B speaks of it: ${message}` });
    }
  }
  if (end?.outcome === "interrupted") {
    found.push({ place: "harness", weight: 3, text: "the run of B was interrupted" });
  }
  if (cutOff) {
    found.push({ place: "harness", weight: 2, text: "B has no end: its process was killed" });
  }
  if (problems.length > 0) {
    found.push({ place: "harness", weight: 1, text: `the file of B is damaged: ${problems[0]}` });
  }
  return found;
}

/** Fields of a target that belong to what it stands on. */
const OF_BENCH = /docker|qemu|kernel|host|library|driver|firmware of|image/i;

function ofHeaders(a: Facts, b: Facts): Evidence[] {
  const found: Evidence[] = [];
  const [x, y] = [a.header, b.header];
  const differ = (place: Blame, what: string, one: unknown, other: unknown) => {
    if (one !== other) {
      const text = `${what}: "${one ?? "none"}" in A, "${other ?? "none"}" in B`;
      found.push({ place, weight: 1, text });
    }
  };
  differ("bench", "another bench", x.bench, y.bench);
  differ("scenario", "another seed", x.seed, y.seed);
  differ("scenario", "the scenario's file has changed: its line", x.line, y.line);
  for (const role of new Set([...Object.keys(x.targets), ...Object.keys(y.targets)])) {
    const [one, other] = [x.targets[role] ?? {}, y.targets[role] ?? {}];
    for (const name of new Set([...Object.keys(one), ...Object.keys(other)])) {
      const place = OF_BENCH.test(name) ? "bench" : "product";
      differ(place, `${role} has another ${name}`, one[name], other[name]);
    }
  }
  return found;
}

function ofPace({ stretch }: Comparison): Evidence[] {
  if (stretch < SLOW) return [];
  const text = `what both did took ${stretch.toFixed(1)} times as long in B: a busy machine?`;
  return [{ place: "bench", weight: stretch > 2 * SLOW ? 2 : 1, text }];
}
