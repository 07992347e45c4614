/** What a night says of itself, a line each. */
import type { TargetHealth } from "../runner/mod.ts";
import type { NightPass } from "./model.ts";
import type { NightPlan } from "./night.ts";
import type { PassPlan } from "./schedule.ts";

export function planText({ id, bench, seed, budgetNs, scenarios }: NightPlan): string {
  return `night ${id}: ${
    many(scenarios.length, "scenario")
  } on the bench ${bench}, seed ${seed}, ` +
    `for ${lengthText(budgetNs)}`;
}

export function passText({ number, kind, seed, repeat, ids }: PassPlan, leftNs: number): string {
  const what = kind === "all"
    ? many(ids.size, "scenario")
    : `${many(ids.size, "scenario")} in trouble, ${repeat} times each`;
  return `pass ${number}: ${what}, seed ${seed}; ${leftText(leftNs)}`;
}

export function seenText({ number, durationNs, ...pass }: NightPass): string {
  return `pass ${number} ended: ${countsText(pass)} in ${lengthText(durationNs)}`;
}

export function healthText({ role, target, state, reason }: TargetHealth): string {
  const [first] = reason.split("\n");
  return `${role}=${target} ${STATES[state]}${first ? `: ${first}` : ""}`;
}

const STATES: Readonly<Record<TargetHealth["state"], string>> = {
  well: "is well",
  there: "is there",
  busy: "is busy",
  dead: "is dead",
  unasked: "was not asked",
};

/** "12 passed, 1 failed": what there is none of is left out. */
export function countsText(
  counts: Readonly<Partial<Record<string, unknown>>>,
): string {
  const parts = ["passed", "failed", "flaky", "quarantined", "bench", "interrupted", "skipped"]
    .filter((name) => typeof counts[name] === "number" && counts[name] > 0)
    .map((name) => `${counts[name]} ${name}`);
  return parts.join(", ") || "nothing ran";
}

export function leftText(leftNs: number): string {
  return leftNs > 0 ? `${lengthText(leftNs)} left` : "the time is over";
}

/** "5 h 3 min", "2 min 5 s", "1.2 s". */
export function lengthText(ns: number): string {
  if (ns < 59.95e9) return `${(ns / 1e9).toFixed(1)} s`;
  const seconds = Math.round(ns / 1e9), minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min${seconds % 60 ? ` ${seconds % 60} s` : ""}`;
  const hours = Math.floor(minutes / 60);
  return `${hours} h${minutes % 60 ? ` ${minutes % 60} min` : ""}`;
}

export function many(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** "1 GiB", "1.5 MiB". */
export function sizeText(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let unit = 0;
  for (; bytes >= 1024 && unit < units.length - 1; unit++) bytes /= 1024;
  return `${Number(bytes.toFixed(1))} ${units[unit]}`;
}
