/** What a report has of a scenario that ran: its attempts, with their files and events. */
import { relative, resolve } from "node:path";
import { TraceReadError } from "../../trace/mod.ts";
import { type Attempt, failureOf, type ScenarioResult } from "../result.ts";
import { attachmentDetails, type Links } from "./attachments.ts";
import { condense } from "./condense.ts";
import type { AttemptDetail, EventsDetail, ScenarioDetail } from "./model.ts";

/** Of all attachments of a report, in bytes. */
export const EMBEDDED_BYTES = 32 * 1024 * 1024;

export interface Places {
  /** Repository root, absolute: what paths of the run are relative to. */
  readonly root: string;
  /** The report's file, absolute. */
  readonly path: string;
}

export function linksOf({ root, path }: Places): Links {
  const folder = path.slice(0, path.lastIndexOf("/") + 1);
  const absolute = (file: string) => resolve(root, file);
  return {
    absolute,
    href: (file) => relative(folder, absolute(file)).split("/").map(encodeURIComponent).join("/"),
  };
}

/** What one scenario's part of a report may have. */
export interface Share {
  readonly links: Links;
  readonly limit: number;
  readonly attachments: { bytes: number };
}

export async function detailOf(result: ScenarioResult, share: Share): Promise<ScenarioDetail> {
  const { attempts, ...rest } = result;
  const details: AttemptDetail[] = [];
  for (const attempt of attempts) {
    const limit = share.limit / attempts.length;
    details.push(await attemptDetail(attempt, { ...share, limit }));
  }
  return { result: rest, attempts: details };
}

export async function attemptDetail(attempt: Attempt, share: Share): Promise<AttemptDetail> {
  const { links, limit, attachments } = share;
  const { outcome, durationNs, failure, replay, measurements, output, trace: path } = attempt;
  return {
    ...{ outcome, durationNs, measurements, output },
    ...(replay !== undefined && { replay }),
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

export function noEvents(why: string): EventsDetail {
  return { events: [], total: 0, lastT: 0, thinned: [], problems: [why] };
}
