/** A summary as text for mail, as Markdown and as one HTML file that needs nothing else. */
import { type Item, PASS_COLUMNS, type Summary } from "./summary.ts";

/** @param link a file's address in the HTML; default: its path */
export interface HtmlOptions {
  readonly title: string;
  readonly link?: (path: string) => string;
}

export function summaryText({ headline, facts, sections, passes }: Summary): string {
  const width = Math.max(...facts.map(([name]) => name.length));
  const blocks = sections.flatMap(({ title, items }) => [
    ["", title.toUpperCase(), ""].join("\n"),
    ...items.map((item) => [`* ${item.title}`, ...itemLines(item).map(indent)].join("\n") + "\n"),
  ]);
  const table = passes.length > 0 ? ["", "PASSES", "", ...columns([PASS_COLUMNS, ...passes])] : [];
  return [
    headline,
    "",
    ...facts.map(([name, value]) => `${name.padEnd(width)}  ${value}`),
    ...blocks,
    ...table,
    "",
  ].join("\n");
}

function itemLines({ lines, said, command, files }: Item): string[] {
  return [
    ...lines,
    ...(said ? said.split("\n").map((line) => `| ${line}`) : []),
    ...(command ? [`reproduce: ${command}`] : []),
    ...files.map((file) => `recording: ${file}`),
  ];
}

function indent(line: string): string {
  return `  ${line}`;
}

function columns(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]!.map((_, i) => Math.max(...rows.map((row) => row[i]!.length)));
  return rows.map((row) => row.map((cell, i) => cell.padStart(widths[i]!)).join("  "));
}

const ICONS: Readonly<Record<Summary["mood"], string>> = {
  bad: "❌",
  bench: "🔌",
  good: "✅",
  none: "⏹️",
};

export function summaryMarkdown({ headline, mood, facts, sections, passes }: Summary): string {
  const row = (cells: readonly string[]) => `| ${cells.map(markdownCell).join(" | ")} |`;
  const blocks = sections.flatMap(({ title, items }) => [
    `## ${title}`,
    ...items.map((item) =>
      [
        `### ${markdown(item.title)}`,
        item.lines.map((line) => `- ${markdown(line)}`).join("\n"),
        item.said ? fenced(item.said) : "",
        item.command ? fenced(item.command, "sh") : "",
        item.files.map((file) => `- recording: ${codeSpan(file)}`).join("\n"),
      ].filter((part) => part !== "").join("\n\n")
    ),
  ]);
  const table = [row(PASS_COLUMNS), row(PASS_COLUMNS.map(() => "---")), ...passes.map(row)];
  return [
    `# ${ICONS[mood]} ${markdown(headline)}`,
    [row(["", ""]), row(["---", "---"]), ...facts.map(row)].join("\n"),
    ...blocks,
    ...(passes.length > 0 ? ["## Passes", table.join("\n")] : []),
  ].join("\n\n") + "\n";
}

/** What a board says is neither a heading nor HTML. */
function markdown(text: string): string {
  return text.replace(/[\\`*_{}[\]<>#|~&!]/g, "\\$&").replace(/\n/g, " ")
    .replace(/^([-+]|\d+[.)])(?=\s)/, "\\$1");
}

function markdownCell(text: string): string {
  return text === "---" ? text : markdown(text);
}

/** The fence is longer than any in the text. */
function fenced(text: string, language = "text"): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([ticks]) => ticks.length));
  const fence = "`".repeat(longest + 1);
  return `${fence}${language}\n${text}\n${fence}`;
}

function codeSpan(text: string): string {
  const longest = Math.max(0, ...[...text.matchAll(/`+/g)].map(([ticks]) => ticks.length));
  const ticks = "`".repeat(longest + 1);
  return longest > 0 ? `${ticks} ${text} ${ticks}` : `${ticks}${text}${ticks}`;
}

export function summaryHtml(summary: Summary, { title, link = encodeURI }: HtmlOptions): string {
  const { headline, mood, facts, sections, passes } = summary;
  const cells = (row: readonly string[], tag: string) =>
    row.map((cell) => `<${tag}>${html(cell)}</${tag}>`).join("");
  const blocks = sections.map(({ title, items }) =>
    `<section><h2>${html(title)}</h2>${
      items.map((item) => itemHtml(item, link)).join("")
    }</section>`
  );
  const rows = passes.map((row) => `<tr>${cells(row, "td")}</tr>`).join("\n");
  const table = `<section><h2>Passes</h2><table class="passes"><thead><tr>${
    PASS_COLUMNS.map((name) => `<th scope="col">${name}</th>`).join("")
  }</tr></thead><tbody>${rows}</tbody></table></section>`;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${html(title)}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>${STYLE}</style></head>
<body><main class="${mood}"><h1>${html(headline)}</h1>
<dl>${facts.map(([name, value]) => `<dt>${html(name)}</dt><dd>${html(value)}</dd>`).join("")}</dl>
${blocks.join("\n")}
${passes.length > 0 ? table : ""}
</main></body></html>
`;
}

function itemHtml({ title, lines, said, command, files }: Item, link: (path: string) => string) {
  const list = [
    ...lines.map(html),
    ...files.map((file) => `recording: <a href="${html(link(file))}">${html(file)}</a>`),
  ];
  return `<article><h3>${html(title)}</h3><ul>${
    list.map((line) => `<li>${line}</li>`).join("")
  }</ul>${said ? `<pre>${html(said)}</pre>` : ""}${
    command ? `<pre class="command">${html(command)}</pre>` : ""
  }</article>`;
}

const STYLE = `
:root { color-scheme: light dark; --line: #8884; --bad: #b3261e; --bench: #8a5a00; --good: #146c2e }
@media (prefers-color-scheme: dark) { :root { --bad: #ff8a80; --bench: #ffc46b; --good: #7ddc96 } }
body { font: 15px/1.5 system-ui, sans-serif; margin: 0; background: Canvas; color: CanvasText }
main { max-width: 62rem; margin: 0 auto; padding: 1.5rem }
h1 { font-size: 1.5rem } h2 { font-size: 1.15rem; border-bottom: 1px solid var(--line) }
h3 { font-size: 1rem; margin-bottom: 0.2rem }
.bad h1 { color: var(--bad) } .bench h1 { color: var(--bench) } .good h1 { color: var(--good) }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0.1rem 1rem }
dd { margin: 0; overflow-wrap: anywhere } ul { margin: 0.2rem 0; overflow-wrap: anywhere }
pre { border: 1px solid var(--line); border-radius: 4px; padding: 0.6rem; white-space: pre-wrap;
  overflow-wrap: anywhere; margin: 0.4rem 0 }
table { border-collapse: collapse } td, th { padding: 0.15rem 0.7rem; text-align: right;
  border-bottom: 1px solid var(--line) }
@media print { main { max-width: none } article { break-inside: avoid } }
`;

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
};

function html(text: string): string {
  return text.replace(/[&<>"]/g, (character) => ENTITIES[character]!);
}
