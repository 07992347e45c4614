/** The run while it goes on: changes as they are told, and the open scenario's events as they come. */
import type { LiveChanges, ReportIndex, ScenarioDetail } from "../model.ts";

export interface LiveListener {
  onIndex(index: ReportIndex): void;
  onChanges(changes: LiveChanges): void;
  /** Whether hil can be heard. */
  onConnection(connected: boolean): void;
}

/** Until the run has ended. The browser itself connects again when it was cut off. */
export function listen(listener: LiveListener): void {
  const source = new EventSource("live/events");
  const heard = ({ live }: Pick<LiveChanges, "live">) => {
    if (live.state === "ended") source.close();
  };
  source.addEventListener("index", ({ data }) => {
    const index = JSON.parse(data) as Required<ReportIndex>;
    listener.onIndex(index);
    heard(index);
  });
  source.addEventListener("changes", ({ data }) => {
    const changes = JSON.parse(data) as LiveChanges;
    listener.onChanges(changes);
    heard(changes);
  });
  source.addEventListener("open", () => listener.onConnection(true));
  source.addEventListener("error", () => listener.onConnection(false));
}

interface Answer {
  readonly version: string;
  readonly detail: ScenarioDetail;
}

/** @throws Error when hil cannot be reached */
export async function askDetail(row: number, has = ""): Promise<Answer | undefined> {
  const response = await fetch(`live/${row}?has=${encodeURIComponent(has)}`);
  if (response.status === 204) return undefined;
  if (!response.ok) throw new Error(`hil says ${response.status}`);
  return await response.json() as Answer;
}

/** Between two questions, beside what it takes to draw the last answer. */
const PAUSE_MS = 500;

/** Follows a scenario from what the page has of it, until it has ended. */
export class Follower {
  #stopped = false;

  constructor(row: number, has: string, onDetail: (detail: ScenarioDetail) => void) {
    void this.#follow(row, has, onDetail);
  }

  stop(): void {
    this.#stopped = true;
  }

  async #follow(row: number, has: string, onDetail: (detail: ScenarioDetail) => void) {
    while (has !== "ended") {
      await pause();
      if (document.hidden) await untilShown();
      if (this.#stopped) return;
      const answer = await askDetail(row, has).catch(() => undefined);
      if (this.#stopped) return;
      if (!answer) continue;
      has = answer.version;
      onDetail(answer.detail);
      await new Promise((drawn) => requestAnimationFrame(drawn));
    }
  }
}

function pause(): Promise<void> {
  // deno-lint-ignore house/no-host-time -- a browser has no other
  return new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
}

function untilShown(): Promise<void> {
  return new Promise((resolve) => {
    const changed = () => {
      if (document.hidden) return;
      document.removeEventListener("visibilitychange", changed);
      resolve();
    };
    document.addEventListener("visibilitychange", changed);
  });
}
