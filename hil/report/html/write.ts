/** The HTML report of a run: one file that opens from disk, without network, in any browser. */
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { writeAtomically } from "../atomic.ts";
import type { RunResult, ScenarioResult } from "../result.ts";
import { historiesOf } from "./history.ts";
import { detailOf, EMBEDDED_BYTES, linksOf } from "./details.ts";
import type { ReportIndex } from "./model.ts";
import { keyOf, rowOf } from "./rows.ts";
import { pageScript, pageStyle } from "./page_script.ts";

export interface HtmlOptions {
  /** Repository root, absolute: what paths of the run are relative to. */
  readonly root: string;
  /** The file, absolute. */
  readonly path: string;
  /** About how many bytes all of a run's events may have before they are packed. */
  readonly roomBytes?: number;
  /** `history.sqlite`, for what became of each scenario in the runs before this one. */
  readonly history?: string;
}

const ROOM = 96 * 1024 * 1024;
/** A scenario's share of it; that of one that did not pass is larger. */
const SHARE = { least: 24 * 1024, most: 2 * 1024 * 1024, ofTrouble: 4 };

const pack = promisify(gzip);
/** Scenarios that are packed at once. */
const PACKING = 4;

/**
 * Writes the report; its links to traces and attachments are relative to it.
 *
 * @throws ReportWriteError when the disk refuses
 */
export async function writeHtml(run: RunResult, options: HtmlOptions): Promise<void> {
  await writeAtomically(options.path, await htmlReport(run, options), "HTML report");
}

/** The text of that file. */
export async function htmlReport(run: RunResult, options: HtmlOptions): Promise<string> {
  const links = linksOf(options);
  const rooms = shares(run.results, options.roomBytes ?? ROOM);
  const attachments = { bytes: EMBEDDED_BYTES };
  const histories = await historiesOf(options.history, run);
  const blocks: Promise<string>[] = [];
  for (const [i, result] of run.results.entries()) {
    const detail = await detailOf(result, { links, limit: rooms[i]!, attachments });
    const whole = { ...detail, history: histories.get(result.id) };
    await blocks.at(-PACKING); // Until then the next are read.
    blocks.push(block(i, JSON.stringify(whole)));
  }
  return page(indexOf(run), await Promise.all(blocks));
}

async function block(i: number, json: string): Promise<string> {
  const bytes = await pack(json, { level: 5 });
  return `<script type="text/plain" id="d${i}">${base64(bytes)}</script>\n`;
}

function base64(bytes: Uint8Array): string {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length).toBase64();
}

/** How much of each scenario there is room for. */
function shares(results: readonly ScenarioResult[], room: number): number[] {
  const weights = results.map(({ outcome }) => {
    return outcome === "passed" || outcome === "skipped" ? 1 : SHARE.ofTrouble;
  });
  const all = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => {
    const { least, most } = SHARE;
    return Math.min(most * weight, Math.max(least, room * weight / all));
  });
}

function indexOf({ results, ...run }: RunResult): ReportIndex {
  const keys = new Set<string>();
  const scenarios = results.map((result) => rowOf(result, keyOf(result, keys)));
  return { run, scenarios, madeBy: "hil" };
}

/** The script is before the blocks: the list is there while the rest is still being read. */
export function page(index: ReportIndex, blocks: readonly string[]): string {
  const { run } = index;
  const title = escaped(`${run.bench} ${run.id}`);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:; ${
    index.live ? "connect-src 'self'; " : ""
  }base-uri 'none'; form-action 'none'">
<title>${title}</title>
<link rel="icon" href="data:,">
<style>
${pageStyle()}</style>
</head>
<body>
<noscript>This report needs JavaScript; reports/junit.xml has its outcome, and reports/runs its traces.</noscript>
<script type="application/json" id="index">${
    JSON.stringify(index).replaceAll("<", "\\u003c")
  }</script>
<script>${pageScript()}</script>
${blocks.join("")}</body>
</html>
`;
}

function escaped(text: string): string {
  const entities: Record<string, string> = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&quot;",
  };
  return text.replace(/[&<>"]/g, (character) => entities[character]!);
}
