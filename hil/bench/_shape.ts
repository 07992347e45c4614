/** What a bench file must look like; see {@link loadBench}. */
import { dirname, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { type Bench, type BenchRole, type BenchTarget, targetName } from "./bench.ts";
import { BenchError, type BenchProblem } from "./error.ts";
import { suggestion } from "./nearest.ts";
import { type Entry, parseTree, type Place, plain, type Tree } from "./_tree.ts";

/** A module that a bench names, and where. */
export interface NamedModule {
  readonly at: Place;
  /** Absolute. */
  readonly path: string;
}

/**
 * Checks the text of a bench file.
 *
 * @param file its path, from which modules are looked for, and the path that errors show
 * @throws BenchError
 */
export function parseBench(
  text: string,
  file: { readonly path: string; readonly shown: string },
): { readonly bench: Bench; readonly modules: readonly NamedModule[] } {
  const shape = new Shape(file.path);
  const bench = shape.bench(text);
  if (!bench || shape.problems.length > 0) {
    shape.problems.sort((a, b) => a.line! - b.line! || a.column! - b.column!);
    throw new BenchError(file.shown, shape.problems);
  }
  return { bench, modules: shape.modules };
}

/** One line of text that can stand in `--use ROLE=TARGET,TARGET` and in a file name. */
const NAME = /^[A-Za-z0-9][\w.-]{0,63}$/;

class Shape {
  readonly problems: BenchProblem[] = [];
  readonly modules: NamedModule[] = [];
  readonly #file: string;

  constructor(path: string) {
    this.#file = resolve(path);
  }

  /** An alias leads to what is wrong once more; it is reported once. */
  #report = ({ line, column }: Place, message: string) => {
    const same = (other: BenchProblem) =>
      other.line === line && other.column === column && other.message === message;
    if (!this.problems.some(same)) this.problems.push({ line, column, message });
  };

  bench(text: string): Bench | undefined {
    const tree = parseTree(text, this.#report);
    if (!tree) return undefined;
    const top = this.#map(tree, "a bench file", { needs: ["bench", "roles"] });
    const name = this.#text(top.get("bench"), '"bench"', "its name");
    if (name !== undefined) this.#checkName(top.get("bench")!.tree.at, "the name of a bench", name);
    const roles = new Map<string, BenchRole>();
    for (const [role, entry] of this.#named(top.get("roles"), '"roles"', "role")) {
      roles.set(role, this.#role(role, entry));
    }
    return { name: name ?? "", file: this.#file, roles };
  }

  #role(role: string, { tree }: Entry): BenchRole {
    const what = `the role "${role}"`;
    const parts = this.#map(tree, what, { needs: ["targets"], may: ["default"] });
    const targets = new Map<string, BenchTarget>();
    for (
      const [name, entry] of this.#named(parts.get("targets"), `"targets" of ${what}`, "target")
    ) {
      const target = this.#target(role, name, entry);
      if (target) targets.set(name, target);
    }
    return { role, default: this.#default(parts, what), targets };
  }

  /** The default may be left out where there is nothing to choose. */
  #default(parts: ReadonlyMap<string, Entry>, what: string): readonly string[] {
    const targets = parts.get("targets")?.tree.value;
    const names = targets instanceof Map ? [...(targets as Map<string, Entry>).keys()] : [];
    const entry = parts.get("default");
    if (!entry) {
      if (names.length > 1) {
        const at = parts.get("targets")!.at;
        this.#report(
          at,
          `${what} has several targets and no default; write "default: ${names[0]}"`,
        );
      }
      return names;
    }
    const { value, at } = entry.tree;
    const items = Array.isArray(value) ? value as readonly Tree[] : [entry.tree];
    if (items.length === 0) this.#report(at, `"default" of ${what} is empty; name a target`);
    const chosen = new Set<string>();
    for (const { at, value } of items) {
      if (typeof value !== "string") {
        this.#report(at, `"default" of ${what} is no name of a target; write one, or a list`);
      } else if (names.length > 0 && !names.includes(targetName(value))) {
        const near = suggestion(targetName(value), names);
        this.#report(at, `${what} has no target "${targetName(value)}"; ${near}`);
      } else if (value === `${targetName(value)}:`) {
        this.#report(at, `nothing is behind the colon of "${value}"; write its argument there`);
      } else if (chosen.has(value)) {
        this.#report(at, `the target "${value}" is in "default" of ${what} twice; delete one`);
      } else chosen.add(value);
    }
    return [...chosen];
  }

  #target(role: string, name: string, { tree }: Entry): BenchTarget | undefined {
    const what = `the target "${name}" of "${role}"`;
    const parts = this.#map(tree, what, { needs: ["module"], may: ["options"] });
    const options = parts.get("options")?.tree;
    if (options && !(options.value instanceof Map)) {
      this.#report(options.at, `"options" of ${what} is no map; write "options: { NAME: VALUE }"`);
    }
    const path = this.#text(parts.get("module"), `"module" of ${what}`, "the path of a file");
    if (path === undefined) return undefined;
    const module = this.#module(path, parts.get("module")!.tree.at);
    return { role, name, module, options: plain(options ?? NO_OPTIONS) as BenchTarget["options"] };
  }

  #module(path: string, at: Place): string {
    if (/^[a-z][a-z+.-]+:/i.test(path)) {
      this.#report(at, `the module "${path}" is no path; name a file relative to the bench file`);
    }
    const absolute = resolve(dirname(this.#file), path);
    this.modules.push({ at, path: absolute });
    return pathToFileURL(absolute).href;
  }

  /** The entries of a map that has all of `needs` and nothing beside those and `may`. */
  #map(
    { at, value }: Tree,
    what: string,
    { needs, may = [] }: { readonly needs: readonly string[]; readonly may?: readonly string[] },
  ): ReadonlyMap<string, Entry> {
    if (!(value instanceof Map)) {
      this.#report(
        at,
        `${what} is no map; write ${needs.map((name) => `"${name}: …"`).join(", ")}`,
      );
      return new Map();
    }
    const entries = value as ReadonlyMap<string, Entry>;
    const known = [...needs, ...may];
    for (const [name, { at }] of entries) {
      if (known.includes(name)) continue;
      this.#report(at, `${what} has no key "${name}"; ${suggestion(name, known)}`);
    }
    for (const name of needs) {
      if (!entries.has(name)) this.#report(at, `${what} needs the key "${name}"; write it`);
    }
    return entries;
  }

  /** The entries of a map from names to something; an empty one is a problem. */
  #named(entry: Entry | undefined, what: string, one: string): (readonly [string, Entry])[] {
    if (!entry) return [];
    const { at, value } = entry.tree;
    if (!(value instanceof Map) || value.size === 0) {
      this.#report(at, `${what} is no map of ${one}s; write "NAME:" for each ${one}`);
      return [];
    }
    const entries = [...(value as ReadonlyMap<string, Entry>)];
    for (const [name, { at }] of entries) this.#checkName(at, `the name of a ${one}`, name);
    return entries;
  }

  #checkName(at: Place, what: string, name: string): void {
    if (NAME.test(name)) return;
    this.#report(at, `${what} is "${name}"; use up to 64 of letters, digits, ".", "_" and "-"`);
  }

  #text(entry: Entry | undefined, what: string, wanted: string): string | undefined {
    if (!entry) return undefined;
    const { at, value } = entry.tree;
    if (typeof value === "string" && value.trim()) return value;
    this.#report(at, `${what} is no text; write ${wanted}`);
    return undefined;
  }
}

const NO_OPTIONS: Tree = { at: { line: 1, column: 1 }, value: new Map() };
