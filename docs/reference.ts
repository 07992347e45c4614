/**
 * Makes docs/reference/ of the code: `deno task reference`. A test fails when it is not up to date.
 *
 * Each export has its own words and its declaration as the source has it, with what is said of
 * members; commands have their help.
 */
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { COMMANDS } from "hil/cli/commands.ts";
import { help } from "hil/cli/help.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url)).replace(/\/$/, "");
const FOLDER = `${ROOT}/docs/reference`;

/** What is described, by the name of its page. */
const MODULES: Readonly<Record<string, { readonly title: string; readonly file: string }>> = {
  scenario: { title: "What a scenario imports", file: "hil/mod.ts" },
  consoles: { title: "Consoles", file: "hil/drivers/console/mod.ts" },
  serial: { title: "Serial ports", file: "hil/drivers/serial/mod.ts" },
  power: { title: "Power", file: "hil/drivers/power/mod.ts" },
  trace: { title: "Traces", file: "hil/trace/mod.ts" },
  engine: { title: "What simulators stand on", file: "sims/engine/mod.ts" },
  diskcache: { title: "Disk cache", file: "sims/diskcache/mod.ts" },
  bbb: { title: "BeagleBone Black", file: "sims/bbb/mod.ts" },
  pbx: { title: "PBX", file: "sims/pbx/mod.ts" },
  webphone: { title: "Web phone", file: "sims/webphone/mod.ts" },
  sipban: { title: "Ban daemon", file: "sims/sipban/mod.ts" },
  websocket: { title: "WebSocket", file: "sims/websocket/mod.ts" },
};

interface JsDoc {
  readonly doc?: string;
  readonly tags?: readonly {
    readonly kind: string;
    readonly name?: string;
    readonly doc?: string;
  }[];
}

interface Place {
  readonly filename: string;
  /** From 0. */
  readonly line: number;
}

interface Member {
  readonly name: string;
  readonly accessibility?: string;
  readonly jsDoc?: JsDoc;
  readonly location: Place;
}

interface Declaration {
  readonly kind: string;
  readonly location: Place;
  readonly jsDoc?: JsDoc;
  /** Of a class. */
  readonly def?: {
    readonly constructors?: readonly Member[];
    readonly properties?: readonly Member[];
    readonly methods?: readonly Member[];
  };
}

interface Symbol {
  readonly name: string;
  readonly declarations: readonly Declaration[];
}

/** Path below docs/reference to text. */
export async function reference(): Promise<Map<string, string>> {
  const pages = new Map([["commands.md", commandsPage()]]);
  for (const [name, { title, file }] of Object.entries(MODULES)) {
    pages.set(`${name}.md`, await modulePage(title, file));
  }
  const lines = Object.entries(MODULES)
    .map(([name, { title, file }]) => `| [${title}](${name}.md) | \`${file}\` |`);
  pages.set(
    "README.md",
    `# Reference\n\nMade of the code by \`deno task reference\`.\n\n| | |\n| --- | --- |\n` +
      `| [Commands](commands.md) | \`deno task hil\` |\n${lines.join("\n")}\n`,
  );
  return pages;
}

function commandsPage(): string {
  const parts = ["", ...Object.keys(COMMANDS).sort()].map((name) =>
    `## hil${name && ` ${name}`}\n\n\`\`\`\n${help(name).trimEnd()}\n\`\`\`\n`
  );
  return `# Commands\n\n${parts.join("\n")}`;
}

async function modulePage(title: string, file: string): Promise<string> {
  const { stdout, stderr, success } = await new Deno.Command(Deno.execPath(), {
    args: ["doc", "--json", file],
    cwd: ROOT,
    env: { NO_COLOR: "1" },
  }).output();
  if (!success) {
    const why = new TextDecoder().decode(stderr).trim();
    throw new Error(`Cannot describe "${file}": ${why}; mend the file`);
  }
  const { nodes } = JSON.parse(new TextDecoder().decode(stdout));
  const [module] = Object.values(nodes) as {
    readonly module_doc?: JsDoc;
    readonly symbols: readonly Symbol[];
  }[];
  const symbols = [...module!.symbols].sort((a, b) => a.name < b.name ? -1 : 1);
  const parts = symbols.map(symbolPart);
  return `# ${title}\n\n\`import { … } from "${importName(file)}";\`\n\n${parts.join("\n")}`;
}

function importName(file: string): string {
  return file === "hil/mod.ts" ? "hil" : file;
}

function symbolPart({ name, declarations }: Symbol): string {
  const [first] = declarations;
  const doc = declarations.map(({ jsDoc }) => jsDoc).find((doc) => doc?.doc ?? doc?.tags);
  const seen = declarations.map((one) =>
    one.kind === "class" ? classOf(one) : sourceOf(one.location)
  );
  const file = relative(ROOT, fileURLToPath(first!.location.filename));
  const code = seen.length > 0 ? `\n\`\`\`ts\n${seen.join("\n")}\n\`\`\`\n` : "";
  return `## ${name}\n\n${words(doc)}${code}\n<sub>${file}</sub>\n`;
}

function words(doc: JsDoc | undefined): string {
  const tags = (doc?.tags ?? []).map(({ kind, name, doc = "" }) => {
    if (kind === "example") return `\n${doc.trim()}\n`;
    return `- ${kind}${name ? ` \`${name}\`` : ""}: ${doc.trim().replace(/\s+/g, " ")}`;
  });
  const text = (doc?.doc ?? "").trim().replace(/\{@link (\w+)[^}]*\}/g, "`$1`");
  return [text && `${text}\n`, ...tags].filter(Boolean).join("\n").trimEnd() + (doc ? "\n" : "");
}

/** Head and public members of a class, each with the first paragraph of what is said of it. */
function classOf({ location, def = {} }: Declaration): string {
  const { constructors = [], properties = [], methods = [] } = def;
  const members = [...constructors, ...properties, ...methods].filter((one) =>
    one.location.filename === location.filename && one.accessibility === undefined &&
    !one.name.startsWith("#") && !one.name.startsWith("[")
  ).sort((a, b) => a.location.line - b.location.line);
  const lines = members.flatMap(({ location, jsDoc }) => {
    const [about = ""] = (jsDoc?.doc ?? "").trim().split("\n\n");
    const said = about && [`  /** ${about.replace(/\s+/g, " ")} */`];
    return [...said, sourceOf(location, "  ")];
  });
  return `${sourceOf(location).replace(/;$/, " {")}\n${lines.join("\n")}\n}`;
}

/** The declaration at a place: an interface or a type whole, of functions and classes the head. */
function sourceOf({ filename, line }: Place, indent = ""): string {
  const lines = Deno.readTextFileSync(fileURLToPath(filename)).split("\n").slice(line); // From 0.
  const taken: string[] = [];
  let depth = 0;
  const end = /^export (declare )?interface /.test(lines[0] ?? "") ? "}" : ";";
  const whole = /^(export )?(declare )?(interface|type|const) /.test(lines[0] ?? "");
  for (const text of lines) {
    taken.push(text);
    for (const character of text.replace(/\/\/.*|"[^"]*"|'[^']*'/g, "")) {
      if ("{([".includes(character)) depth++;
      if ("})]".includes(character)) depth--;
    }
    const body = depth === 1 ? / \{$/ : depth === 0 ? / \{(?: .*)?\}$/ : undefined;
    if (!whole && body?.test(text)) {
      taken[taken.length - 1] = text.replace(body, ";");
      break;
    }
    if (depth === 0 && text.endsWith(end)) break;
  }
  return taken.join("\n").replace(/^\s*/, indent).replace(
    /^([^(]*?) = [^;]*;$/,
    /^export type /.test(taken[0]!) ? "$&" : "$1;",
  );
}

if (import.meta.main) {
  await Deno.remove(FOLDER, { recursive: true }).catch(() => {});
  await Deno.mkdir(FOLDER, { recursive: true });
  for (const [name, text] of await reference()) await Deno.writeTextFile(`${FOLDER}/${name}`, text);
}
