/** The HTML report of a run: one file that opens from disk, without network, in any browser. */
import { promisify } from "node:util";
import { relative, resolve } from "node:path";
import { gzip } from "node:zlib";
import { TraceReadError } from "../../trace/mod.ts";
import { writeAtomically } from "../atomic.ts";
import {
  type Attempt,
  failureOf,
  type RunResult,
  type ScenarioResult,
  targetsText,
  totalNs,
} from "../result.ts";
import { cutEnd, oneLine } from "../text.ts";
import { attachmentDetails, type Links } from "./attachments.ts";
import { condense } from "./condense.ts";
import type { AttemptDetail, EventsDetail, ReportIndex, ScenarioDetail } from "./model.ts";
import { pageScript, pageStyle } from "./page_script.ts";

export interface HtmlOptions {
  /** Repository root, absolute: what paths of the run are relative to. */
  readonly root: string;
  /** The file, absolute. */
  readonly path: string;
  /** About how many bytes all of a run's events may have before they are packed. */
  readonly roomBytes?: number;
}

const ROOM = 96 * 1024 * 1024;
/** A scenario's share of it; that of one that did not pass is larger. */
const SHARE = { least: 24 * 1024, most: 2 * 1024 * 1024, ofTrouble: 4 };
/** Of all attachments of a report. */
const ATTACHMENTS = 32 * 1024 * 1024;
const WHY_LIMIT = 200;

const pack = promisify(gzip);

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
  const attachments = { bytes: ATTACHMENTS };
  const blocks: string[] = [];
  for (const [i, result] of run.results.entries()) {
    const detail = await detailOf(result, { links, limit: rooms[i]!, attachments });
    const bytes = await pack(JSON.stringify(detail), { level: 5 });
    blocks.push(`<script type="text/plain" id="d${i}">${base64(bytes)}</script>\n`);
  }
  return page(indexOf(run), blocks);
}

function base64(bytes: Uint8Array): string {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length).toBase64();
}

function linksOf({ root, path }: HtmlOptions): Links {
  const folder = path.slice(0, path.lastIndexOf("/") + 1);
  const absolute = (file: string) => resolve(root, file);
  return {
    absolute,
    href: (file) => relative(folder, absolute(file)).split("/").map(encodeURIComponent).join("/"),
  };
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

interface Share {
  readonly links: Links;
  readonly limit: number;
  readonly attachments: { bytes: number };
}

async function detailOf(result: ScenarioResult, share: Share): Promise<ScenarioDetail> {
  const { attempts, ...rest } = result;
  const details: AttemptDetail[] = [];
  for (const attempt of attempts) {
    const limit = share.limit / attempts.length;
    details.push(await attemptDetail(attempt, { ...share, limit }));
  }
  return { result: rest, attempts: details };
}

async function attemptDetail(attempt: Attempt, share: Share): Promise<AttemptDetail> {
  const { links, limit, attachments } = share;
  const { outcome, durationNs, failure, measurements, output, trace: path } = attempt;
  return {
    ...{ outcome, durationNs, measurements, output },
    ...(outcome === "failed" || failure ? { failure: failureOf(attempt) } : {}),
    attachments: await attachmentDetails(attempt, links, attachments),
    ...(path && { trace: { path, href: links.href(path) } }),
    events: path ? await eventsOf(links.absolute(path), limit) : noEvents("it left no trace"),
  };
}

async function eventsOf(path: string, limit: number): Promise<EventsDetail> {
  try {
    return await condense(path, limit);
  } catch (error) {
    if (!(error instanceof TraceReadError)) throw error;
    return noEvents(error.message);
  }
}

function noEvents(why: string): EventsDetail {
  return { events: [], total: 0, lastT: 0, thinned: [], problems: [why] };
}

function indexOf({ results, ...run }: RunResult): ReportIndex {
  const keys = new Set<string>();
  const scenarios = results.map((result) => {
    const { name, file, line, targets, outcome, attempts, repeat } = result;
    const why = whyOf(result);
    return {
      key: keyOf(result, keys),
      ...{ name, file, line, targets: targetsText(targets), outcome, attempts: attempts.length },
      durationNs: totalNs(result),
      ...(repeat !== undefined && { repeat }),
      ...(why && { why: cutEnd(why, WHY_LIMIT) }),
    };
  });
  return { run, scenarios, madeBy: "hil" };
}

function whyOf({ outcome, skip, attempts }: ScenarioResult): string {
  if (outcome === "skipped") return oneLine(skip?.reason ?? "");
  const troubled = attempts.find((attempt) => attempt.outcome !== "passed");
  return troubled ? oneLine(failureOf(troubled).message.split("\n", 1)[0]!) : "";
}

/** A hash (FNV-1a) of what names a scenario: the same in each run, so that links can be compared. */
function keyOf({ id, repeat }: ScenarioResult, taken: Set<string>): string {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(`${id} ${repeat ?? ""}`)) {
    hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  }
  while (taken.has(hash.toString(36))) hash++;
  const key = hash.toString(36);
  taken.add(key);
  return key;
}

/** The script is before the blocks: the list is there while the rest is still being read. */
function page(index: ReportIndex, blocks: readonly string[]): string {
  const { run } = index;
  const title = escaped(`${run.bench} ${run.id}`);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:; base-uri 'none'; form-action 'none'">
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
