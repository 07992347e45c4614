/**
 * The page's script: the modules of `page/` in one, their types taken out by Deno. There is nothing
 * to build and to keep: it takes some 10 ms, once a process.
 *
 * Each module becomes a function that gives its exports. So they import by name only, each other
 * only, and only what is before them. The syntax of the whole is checked as it is made.
 */
import { stripTypeScriptTypes } from "node:module";

/** In the order in which they need each other. */
export const PAGE_MODULES = [
  "format",
  "dom",
  "live",
  "data",
  "address",
  "virtual_list",
  "spans",
  "lanes",
  "packets",
  "scale",
  "paint",
  "overview",
  "timeline",
  "event_text",
  "events",
  "ladder",
  "facts",
  "history_chart",
  "history",
  "scenario",
  "list",
  "run_page",
  "header",
  "main",
] as const;

const IMPORT = /^import\s+(\{[^;]*?\})\s+from\s+"\.\/(\w+)\.ts";$/gm;
const EXPORT = /^export (?=(?:async )?(?:class|function|const|let) (\w+))/gm;

let made: string | undefined;

/** @throws SyntaxError when the modules are none of one scope */
export function pageScript(): string {
  return made ??= link(PAGE_MODULES.map((name) => [name, read(`${name}.ts`)]));
}

export function pageStyle(): string {
  return read("page.css") + read("history.css");
}

/** @param modules names and sources */
export function link(modules: readonly (readonly [name: string, source: string])[]): string {
  const seen = new Set<string>();
  const parts = modules.map(([name, source]) => {
    const exported: string[] = [];
    const code = stripTypeScriptTypes(source)
      .replace(IMPORT, (_, names: string, other: string) => {
        if (seen.has(other)) return `const ${names} = ${other}_module;`;
        throw new SyntaxError(`Cannot link "${name}" before "${other}": put it behind that`);
      })
      .replace(EXPORT, (_, word: string) => {
        exported.push(word);
        return "";
      })
      .replace(/^[ \t]+$/gm, "").replace(/\n{2,}/g, "\n");
    seen.add(name);
    return `const ${name}_module = (() => {\n${code}return { ${exported.join(", ")} };\n})();\n`;
  });
  const script = `"use strict";(() => {\n${parts.join("")}})();`;
  if (/<\/script|<!--/i.test(script)) throw new SyntaxError('Cannot put "</script" in a page');
  new Function(script); // Never called: only its syntax is of interest.
  return script;
}

function read(name: string): string {
  return Deno.readTextFileSync(new URL(`page/${name}`, import.meta.url));
}
