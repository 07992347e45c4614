/**
 * The report's own blocks: the index, and for each scenario one that is unpacked when it is shown;
 * while the run goes on, what hil says.
 */
import type { ReportIndex, ScenarioDetail } from "../model.ts";
import { askDetail } from "./live.ts";

export function readIndex(): ReportIndex {
  return JSON.parse(document.getElementById("index")!.textContent!) as ReportIndex;
}

export interface Versioned {
  /** "ended" of what will not change. */
  readonly version: string;
  readonly detail: ScenarioDetail;
}

/** @param live whether the run goes on, or did when the page was opened */
export async function readDetail(row: number, live: boolean): Promise<Versioned> {
  if (!live) return { version: "ended", detail: await readBlock(row) };
  try {
    return (await askDetail(row))!;
  } catch (error) {
    const todo = "if the run has ended, open reports/index.html";
    throw new Error(`hil does not answer (${(error as Error).message}); ${todo}`);
  }
}

/** How many unpacked scenarios are kept. */
const KEPT = 8;
const unpacked = new Map<number, Promise<ScenarioDetail>>();

function readBlock(row: number): Promise<ScenarioDetail> {
  let detail = unpacked.get(row);
  unpacked.delete(row); // The latest is the last.
  unpacked.set(row, detail ??= unpack(row));
  for (const old of unpacked.keys()) if (unpacked.size > KEPT) unpacked.delete(old);
  return detail;
}

async function unpack(row: number): Promise<ScenarioDetail> {
  const block = await blockOf(row);
  if (typeof DecompressionStream === "undefined") {
    throw new Error("this browser cannot unpack it; use one of 2023 or later");
  }
  const bytes = Uint8Array.from(atob(block), (character) => character.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return await new Response(stream).json() as ScenarioDetail;
}

/** The page is shown before all of it is read. */
async function blockOf(row: number): Promise<string> {
  const find = () => document.getElementById(`d${row}`)?.textContent;
  if (document.readyState === "loading" && !document.getElementById(`d${row + 1}`)) {
    await new Promise((resolve) => {
      document.addEventListener("DOMContentLoaded", resolve, { once: true });
    });
  }
  const text = find();
  if (!text) throw new Error("it is not in the file; was the file cut off?");
  return text;
}
