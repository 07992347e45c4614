/**
 * Planted defects: which level of proof finds each, after how many seeds and how long. A defect
 * that stands in the model and in the guest's C under two names is one row.
 */
import { hostNow } from "hil/time/mod.ts";
import { BUGS, seedsUntil } from "sims/diskcache/explore/mod.ts";
import { type Mutation, MUTATIONS } from "sims/diskcache/guest/mutations.ts";
import { MutantLab } from "sims/diskcache/mutate/lab.ts";
import { huntAll, wasmMutations } from "sims/diskcache/wasm/mod.ts";
import type { Benchmark, BenchmarkContext } from "./benchmark.ts";

/** Defects of the model by what they are called in C. */
const IN_C: Readonly<Record<string, string>> = {
  "entry-made-twice": "entry-not-atomic",
  "flush-not-sent": "no-flush",
  "flush-before-writes": "flush-too-early",
  "lost-wake-up": "write-wakes-nobody",
  "flushes-half-filled": "flushes-fill-pending",
  "completion-for-free-entry": "late-interrupt-taken",
};

/** Found after so many seeds (1 on the guest: its scenario) and so long; undefined: not found. */
type Cell = { readonly seeds: number; readonly ms: number; readonly by: string } | undefined;

interface Row {
  model?: Cell;
  code?: Cell;
  guest?: Cell;
}

const LEVELS = ["model", "code", "guest"] as const;

export const planted: Benchmark = {
  name: "planted",
  title: "planted defects: which level finds each, median seeds and time",
  conditions:
    "model: the strategy with the fewest seeds, median of series of 400 seeds; code: median of " +
    "hunts of 500 seeds with the race detector; guest: the scenario that is there for it, on QEMU " +
    "with its start; builds not counted. P1 to P9: the promise that the defect was planted for",
  async run(context) {
    const rows = new Map<string, Row>();
    const row = (name: string) => rows.get(name) ?? rows.set(name, {}).get(name)!;
    for (const bug of BUGS) row(IN_C[bug.name] ?? bug.name).model = await onModel(bug, context);
    for (const [name, cell] of await onCode(context)) row(name).code = cell;
    for (const [name, cell] of await onGuest(context)) row(name).guest = cell;
    context.note(table(rows));
    const found = (level: keyof Row) => [...rows.values()].filter((row) => row[level]).length;
    const unseen = [...rows.values()].filter((row) => LEVELS.every((level) => !row[level])).length;
    return [
      ...LEVELS.map((level) => ({
        what: `found on the ${level}`,
        unit: "defects",
        ours: found(level),
      })),
      {
        ...{ what: `of ${rows.size}, found on no level`, unit: "", ours: unseen },
        // A quick look has only some of them on the guest.
        ...(context.quick ? {} : { wanted: { text: "0", met: unseen === 0 } }),
      },
      {
        ...{ what: "planted", unit: "defects", ours: rows.size },
        wanted: { text: "≥ 15", met: rows.size >= 15 },
      },
    ];
  },
};

async function onModel(bug: (typeof BUGS)[number], context: BenchmarkContext): Promise<Cell> {
  context.progress(`model: ${bug.name}`);
  const series = context.quick ? 1 : 5;
  let best: Cell;
  for (const strategy of ["random", "pct", "pos", "starve"]) {
    const began = hostNow();
    const { median } = await seedsUntil({ bug, strategy, series });
    const ms = (hostNow() - began) / 1e6 / series;
    const by = `${strategy}, ${bug.promise}`;
    if (median < (best?.seeds ?? Infinity)) best = { seeds: median, ms, by };
  }
  return best;
}

async function onCode({ quick, progress }: BenchmarkContext): Promise<Map<string, Cell>> {
  const rows = await huntAll({
    ...{ hunts: quick ? 1 : 5, most: quick ? 100 : 500, mutations: await wasmMutations() },
    progress: ({ mutation }) => progress(`code: ${mutation}`),
  });
  return new Map(rows.map(({ mutation, found, hunts, seeds, ms, by }) => [
    mutation,
    found > hunts / 2 ? { seeds, ms, by: by.join(" ") } : undefined,
  ]));
}

async function onGuest({ quick, progress }: BenchmarkContext): Promise<Map<string, Cell>> {
  const cells = new Map<string, Cell>();
  const all: readonly Mutation[] = quick ? MUTATIONS.slice(0, 3) : MUTATIONS;
  await using lab = await MutantLab.open(all);
  for (const mutation of all) {
    if (cells.has(mutation.name)) continue;
    progress(`guest: ${mutation.name}`);
    const first = await lab.try(mutation); // Builds it.
    const began = hostNow();
    const { type } = first.type === "killed" ? await lab.try(mutation) : first;
    const ms = (hostNow() - began) / 1e6;
    cells.set(
      mutation.name,
      type === "killed" ? { seeds: 1, ms, by: mutation.scenario } : undefined,
    );
  }
  return cells;
}

function table(rows: ReadonlyMap<string, Row>): string {
  const lines = [...rows].sort(([a], [b]) => a < b ? -1 : 1)
    .map(([name, row]) => [name, ...LEVELS.map((level) => text(row, level))]);
  const all = [["defect", ...LEVELS.map((level) => `${level}: seeds, time (by)`)], ...lines];
  const widths = all[0]!.map((_, i) => Math.max(...all.map((line) => line[i]!.length)));
  return all.map((line) => line.map((cell, i) => cell.padEnd(widths[i]!)).join("  ").trimEnd())
    .join("\n");
}

function text(row: Row, level: keyof Row): string {
  const cell = row[level];
  if (!cell) return level in row ? "not found" : "–";
  const time = cell.ms >= 1000 ? `${(cell.ms / 1000).toFixed(1)} s` : `${cell.ms.toFixed(0)} ms`;
  return level === "guest" ? `${time} (${cell.by})` : `${cell.seeds}, ${time} (${cell.by})`;
}
