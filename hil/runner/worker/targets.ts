/** Target modules as a worker meets them: imported, asked what they are, prepared. */
import { type BenchTarget, type TargetModule, targetName } from "../../bench/mod.ts";
import type { DeclaredScenario } from "../../scenario/scenario.ts";
import { Duration, seconds } from "../../time/mod.ts";
import type { Assignment, TargetFacts } from "../protocol.ts";

const HEALTH_LIMIT = seconds(60);

/**
 * The module that a bench file names.
 *
 * @throws Error when it cannot be imported, or its default export is no target
 */
export async function importTarget({ role, name, module }: BenchTarget): Promise<TargetModule> {
  let exported: { default?: Partial<TargetModule> };
  try {
    exported = await import(module);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Error(
      `Cannot load the target "${role}=${name}": its module ${module} does not load: ${why}`,
      { cause },
    );
  }
  const target = exported.default;
  if (typeof target?.start !== "function" || typeof target.availability !== "function") {
    throw new TypeError(
      `Cannot use the target "${role}=${name}": the default export of ${module} is no target; ` +
        `write "export default defineTarget({ … })"`,
    );
  }
  return target as TargetModule;
}

export async function describeTarget(target: BenchTarget): Promise<TargetFacts> {
  const module = await importTarget(target);
  const { argument, offers, exclusive, tools = [] } = module;
  const { role, name, options } = target;
  if (module.argument === undefined && targetName(name) !== name) {
    throw new TypeError(
      `Cannot use the target "${role}=${name}": it takes no argument; ` +
        `write "${role}=${targetName(name)}"`,
    );
  }
  const available = await module.availability(options);
  return {
    title: module.title,
    offers: typeof offers === "function" ? offers(options) : offers,
    argument,
    exclusive: typeof exclusive === "function" ? exclusive(options) : exclusive,
    tools: typeof tools === "function" ? tools(options) : tools,
    prepares: module.prepare !== undefined,
    healthNs: module.health && (module.healthLimit ?? HEALTH_LIMIT).ns,
    versions: available.ok ? available.versions ?? {} : {},
    ...(!available.ok && { missing: { reason: available.reason, remedy: available.remedy } }),
  };
}

/** The health of the one target of an assignment, as a scenario: it has a trace, limits, a clean-up. */
export async function healthScenario(
  { file, targets, timeoutNs }: Assignment,
  signal: () => AbortSignal,
): Promise<DeclaredScenario> {
  const [target] = Object.values(targets);
  const { role, name, options } = target!;
  const module = await importTarget(target!);
  return {
    name: `health of ${role}=${name}`,
    file,
    line: 1,
    uses: { target: { role, requires: [], options: {} } },
    timeout: Duration.fromNs(timeoutNs),
    tags: [],
    body: ({ target }) => module.health?.(target, { options, signal: signal() }),
  };
}
