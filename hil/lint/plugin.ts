/**
 * Lint rules of our own (`deno lint` runs them, editors too): the import fences of the house and
 * the ban on host time and unseeded chance outside the files that own them.
 */

/** Rooms that a room may import; a room may always import itself. `*`: what is only named by it. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  "hil/time": [],
  "hil/trace": ["hil/time"],
  "hil/record": ["hil/time", "hil/trace"],
  "hil/ports": ["hil/time", "hil/trace"],
  "hil/drivers": ["hil/time", "hil/ports", "hil/trace", "hil/bench", "hil/record"],
  "hil/bench": ["hil/time", "hil/ports", "hil/trace"],
  "hil/scenario": ["hil/time", "hil/ports", "hil/trace", "hil/bench", "hil/record"],
  "hil/history": ["hil/time", "hil/bench"],
  "hil/report": ["hil/time", "hil/trace", "hil/history"],
  "hil/runner": [
    "hil/time",
    "hil/ports",
    "hil/trace",
    "hil/drivers",
    "hil/bench",
    "hil/scenario",
    "hil/report",
    "hil/history",
    "hil/record",
  ],
  "hil/replay": [
    "hil/time",
    "hil/ports",
    "hil/trace",
    "hil/drivers",
    "hil/record",
    "hil/explore",
    "hil/bench",
    "hil/scenario",
    "hil/runner",
    "hil/report",
  ],
  "hil/nightly": [
    "hil/time",
    "hil/trace",
    "hil/bench",
    "hil/history",
    "hil/runner",
    "hil/report",
  ],
  "hil/cli": [
    "hil/time",
    "hil/ports",
    "hil/record",
    "hil/trace",
    "hil/bench",
    "hil/runner",
    "hil/nightly",
    "hil/report",
    "hil/history",
    "hil/replay",
    "hil/drivers",
  ],
  "hil/lint": [],
  "hil/explore": ["hil/time", "hil/trace"],
  "hil": [
    "hil/time",
    "hil/ports",
    "hil/trace",
    "hil/bench",
    "hil/scenario",
    "hil/explore",
    "hil/record",
    "hil/replay",
  ],
  "sims": ["hil", "hil/time", "hil/ports", "hil/trace", "hil/drivers", "hil/explore", "hil/record"],
  "scenarios": ["hil", "hil/explore", "sims"],
  "bench": [
    "hil",
    "hil/time",
    "hil/ports",
    "hil/trace",
    "hil/bench",
    "hil/drivers",
    "hil/report",
    "hil/history",
    "hil/runner",
    "hil/cli",
    "hil/explore",
    "sims",
    "hil/record",
    "hil/replay",
  ],
  "docs": ["hil/cli"],
  "fixtures": [
    "hil/time",
    "hil/trace",
    "hil/bench",
    "hil/drivers",
    "hil/report",
    "hil/replay",
  ],
};

/** Files that may know host time and chance. */
const OWNERS_OF_TIME = /(^|\/)hil\/time\/(clock|chance)\.ts$/;

/** The room of a path relative to the repository root: `hil/<folder>`, or its first folder. */
export function roomOf(path: string): string {
  const parts = path.split("/");
  return parts[0] === "hil" && parts.length > 2 ? `hil/${parts[1]}` : parts[0]!;
}

/** Why `from` (a path relative to the root) may not import `specifier`; undefined if it may. */
export function fenceBroken(from: string, specifier: string): string | undefined {
  const to = resolve(from, specifier);
  if (to === undefined) return undefined;
  const room = roomOf(from);
  const other = roomOf(to);
  const allowed = MAY_IMPORT[room];
  if (!allowed) return `"${room}" is no room of the house; name it in hil/lint/plugin.ts`;
  if (room === other || allowed.includes(other)) return undefined;
  const isTest = /_(test|bench)\.ts$/.test(from);
  if (isTest && room.startsWith("hil") && other.startsWith("hil")) return undefined;
  return `${room} may import ${allowed.join(", ") || "nothing"}, not ${other}`;
}

/** Path relative to the root, or undefined for packages and built-ins. */
function resolve(from: string, specifier: string): string | undefined {
  if (specifier === "hil") return "hil/mod.ts";
  if (/^(hil|sims)\//.test(specifier)) return specifier;
  if (!specifier.startsWith(".")) return undefined;
  return new URL(specifier, `file:///${from}`).pathname.slice(1);
}

/** The path below the repository root, whatever is above it. */
function relative(filename: string): string {
  const root = new URL("../../", import.meta.url).pathname;
  return filename.startsWith(root) ? filename.slice(root.length) : filename;
}

function checkImport(context: Deno.lint.RuleContext, source: { value?: unknown } | null): void {
  if (typeof source?.value !== "string") return;
  const broken = fenceBroken(relative(context.filename), source.value);
  if (broken) {
    context.report({
      node: source as Deno.lint.Node,
      message: `import fence: ${broken}`,
      hint: "shared/design.md draws the directions; move the code or turn the dependency round",
    });
  }
}

const HOST_TIME: Readonly<Record<string, readonly string[]>> = {
  Date: ["now"],
  performance: ["now", "timeOrigin"],
  Math: ["random"],
  crypto: ["randomUUID", "getRandomValues"],
};
const TIMERS = ["setTimeout", "setInterval"];

const plugin: Deno.lint.Plugin = {
  name: "house",
  rules: {
    "import-fence": {
      create(context) {
        return {
          ImportDeclaration: (node) => checkImport(context, node.source),
          ExportNamedDeclaration: (node) => checkImport(context, node.source ?? null),
          ExportAllDeclaration: (node) => checkImport(context, node.source),
        };
      },
    },
    "no-host-time": {
      create(context) {
        if (OWNERS_OF_TIME.test(context.filename)) return {};
        const report = (node: Deno.lint.Node, what: string) =>
          context.report({
            node,
            message: `${what} outside hil/time makes a run that cannot be replayed`,
            hint: "take a Clock, or the timers and chance of hil/time",
          });
        return {
          MemberExpression(node) {
            const owner = node.object.type === "Identifier" ? node.object.name : "";
            const member = node.property.type === "Identifier" ? node.property.name : "";
            if (Object.hasOwn(HOST_TIME, owner) && HOST_TIME[owner]!.includes(member)) {
              report(node, `${owner}.${member}`);
            }
          },
          CallExpression(node) {
            const called = node.callee.type === "Identifier" ? node.callee.name : "";
            if (TIMERS.includes(called)) report(node, called);
          },
          NewExpression(node) {
            const made = node.callee.type === "Identifier" ? node.callee.name : "";
            if (made === "Date" && node.arguments.length === 0) report(node, "new Date()");
          },
        };
      },
    },
  },
};

export default plugin;
