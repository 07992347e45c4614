/**
 * Needs as a scenario declares them. A trace knows the role and not the function that asks for it:
 * the scenario that was recorded does, so its source is looked into. Without it, the port's type is
 * what the target's module gives.
 */
import type { Json, UsedRole } from "../../trace/mod.ts";
import { expressionOf } from "./values.ts";

/** What a file imports: module to names; "default" as the name of what has none. */
export type Imports = Map<string, Set<string>>;

export interface NeedText {
  /** `diskCache({ entries: 4 })`. */
  readonly expression: string;
  readonly imports: readonly (readonly [module: string, name: string])[];
  /** A declaration that the expression needs. */
  readonly declaration?: string;
}

/** The recorded scenario's file, and where it begins in it. */
export interface Source {
  readonly text: string;
  /** From 1. */
  readonly line: number;
}

export interface NeedOptions {
  readonly source?: Source;
  /** As an import names the module of the role's target; undefined where nobody knows it. */
  readonly moduleOf: (role: string) => string | undefined;
}

/** The need that the body has under `name`. */
export function needText(name: string, use: UsedRole, { source, moduleOf }: NeedOptions): NeedText {
  const hil: [string, string][] = [];
  const around = {
    object: () => "undefined",
    uses: (name: string) => void hil.push(["hil", name]),
  };
  const options = isEmpty(use.options) ? "" : expressionOf(use.options, around);
  const found = source && functionOf(name, source);
  if (found) {
    const { module, exported, local } = found;
    const imported = exported === local ? local : `${exported} as ${local}`;
    return { expression: `${local}(${options})`, imports: [[module, imported], ...hil] };
  }
  const parts = [
    ...use.requires.length > 0 ? [`requires: ${JSON.stringify(use.requires)}`] : [],
    ...options ? [`options: ${options}`] : [],
  ];
  const rest = parts.length > 0 ? `, { ${parts.join(", ")} }` : "";
  const module = moduleOf(use.role);
  const type = `${name.charAt(0).toUpperCase()}${name.slice(1)}`;
  const expression = `need<${module ? type : "never"}>(${JSON.stringify(use.role)}${rest})`;
  const target = `${name}Target`;
  return {
    expression,
    imports: [
      ["hil", "need"],
      ...hil,
      ...module ? [[module, `type default as ${target}`]] : [],
    ] as [
      string,
      string,
    ][],
    ...(module &&
      { declaration: `type ${type} = Awaited<ReturnType<(typeof ${target})["start"]>>;` }),
  };
}

interface NeedFunction {
  readonly module: string;
  readonly exported: string;
  readonly local: string;
}

/** What the scenario calls for the need: `cache: diskCache(`, with `diskCache` imported. */
function functionOf(name: string, { text, line }: Source): NeedFunction | undefined {
  const scenario = text.split("\n").slice(Math.max(0, line - 1)).join("\n");
  const call = new RegExp(`\\b${name}:\\s*([A-Za-z_$][\\w$]*)\\(`);
  // Its options may be a constant of the file's, above it.
  const [, local] = scenario.match(call) ?? text.match(call) ?? [];
  if (local === undefined) return undefined;
  for (const [, names, module] of text.matchAll(/^import \{([^}]*)\} from "([^"]+)";/gm)) {
    for (const each of names!.split(",").map((each) => each.trim())) {
      const [exported, own = exported] = each.split(/\s+as\s+/);
      // A path is relative to a file that the new one does not stand beside.
      if (own === local && !module!.startsWith(".")) {
        return { module: module!, exported: exported!, local };
      }
    }
  }
}

function isEmpty(options: Json): boolean {
  return typeof options === "object" && options !== null && Object.keys(options).length === 0;
}
