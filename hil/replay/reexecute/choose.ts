/** How a recording is replayed, by what its targets are. */
import { type Bench, type BenchTarget, type TargetModule, targetNamed } from "../../bench/mod.ts";
import { importTarget } from "../../runner/worker/targets.ts";
import type { TraceHeader } from "../../trace/mod.ts";

export const MODES = ["re-execute", "record-replay", "playback"] as const;
export type Mode = typeof MODES[number];

/** A target of a recording, as far as it is known here. */
export interface KnownTarget {
  readonly role: string;
  readonly name: string;
  readonly target?: BenchTarget;
  readonly module?: TargetModule;
}

export interface Choice {
  readonly mode: Mode;
  /** For people: "board=sim and tftp=lan are simulated, to the bit". */
  readonly why: string;
}

/** The targets of a trace; those that a bench does not have, or that do not load, without module. */
export async function knownTargets(
  { targets }: TraceHeader,
  bench: Bench | undefined,
): Promise<KnownTarget[]> {
  return await Promise.all(
    Object.entries(targets).map(async ([role, { target: name = "" }]) => {
      const known = bench?.roles.get(role);
      const target = known && targetNamed(known, name);
      if (!target) return { role, name };
      const module = await importTarget(target).catch(() => undefined);
      return { role, name, target, ...(module && { module }) };
    }),
  );
}

/**
 * The first of: all of it is simulated and runs again; a target does again what it recorded beside
 * the trace; the recording plays the targets. A redacted one is not what would happen again.
 */
export function chooseMode(
  targets: readonly KnownTarget[],
  attachments: readonly string[],
  { redacted = false }: { readonly redacted?: boolean } = {},
): Choice {
  if (redacted) {
    return {
      mode: "playback",
      why: "it was redacted: the recording stands in, with its stand-ins",
    };
  }
  const others = targets.filter((target) => !isDeterministic(target));
  if (others.length === 0) {
    const why = targets.length === 0
      ? "the scenario has no targets"
      : `${namesOf(targets)} ${
        targets.length === 1 ? "is" : "are"
      } simulated: the same again, to the bit`;
    return { mode: "re-execute", why };
  }
  const recorded = others.filter(({ module }) => module?.rerun);
  if (recorded.length > 0 && attachments.length > 0) {
    return { mode: "record-replay", why: `${namesOf(recorded)} recorded itself beside the trace` };
  }
  const [strange] = others.filter(({ module }) => !module);
  const why = strange
    ? `${namesOf([strange])} is not on this bench: its recording stands in for it`
    : `${namesOf(others)} cannot be had the same again: the recording stands in`;
  return { mode: "playback", why };
}

function isDeterministic({ module, target }: KnownTarget): boolean {
  const deterministic = module?.deterministic ?? false;
  return typeof deterministic === "function" ? deterministic(target!.options) : deterministic;
}

function namesOf(targets: readonly KnownTarget[]): string {
  return targets.map(({ role, name }) => `${role}=${name}`).join(" and ");
}
