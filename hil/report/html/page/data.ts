/** The report's own blocks: the index, and for each scenario one that is unpacked when it is shown. */
import type { ReportIndex, ScenarioDetail } from "../model.ts";

export function readIndex(): ReportIndex {
  return JSON.parse(document.getElementById("index")!.textContent!) as ReportIndex;
}

/** How many unpacked scenarios are kept. */
const KEPT = 8;
const unpacked = new Map<number, Promise<ScenarioDetail>>();

export function readDetail(row: number): Promise<ScenarioDetail> {
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
