/**
 * What a report needs of a trace, gathered as events pass by: live in a worker, and once more from
 * the file of a worker that was killed.
 */
import type { Attachment } from "../../report/mod.ts";
import type { BytesEvent, MeasureEvent, TraceEvent, TraceSink } from "../../trace/mod.ts";

/** How many log entries, lines of a channel, and characters of each are kept. */
const LOG_ENTRIES = 1000;
const TAIL_LINES = 12;
const TAIL_CHARACTERS = 4096;
const ENTRY_CHARACTERS = 64 * 1024;
/** Of the output as a whole; all of it is in the trace. */
const OUTPUT_CHARACTERS = 256 * 1024;

export class Digest implements TraceSink {
  readonly measurements: MeasureEvent[] = [];
  readonly #attachments: Attachment[] = [];
  #log: string[] = [];
  readonly #tails = new Map<string, string>();
  readonly #steps = new Map<number, { readonly name: string; readonly parent?: number }>();

  /** @param onStep told the path of each step that begins */
  constructor(private readonly onStep: (path: readonly string[]) => void = () => {}) {}

  write(event: TraceEvent): void {
    if (event.type === "bytes") this.#keepTail(event);
    else if (event.type === "log") this.#keepLog(event.level, event.text);
    else if (event.type === "measure") this.measurements.push(event);
    else if (event.type === "attachment") this.#attachments.push(event);
    else if (event.type === "step.end") this.#steps.delete(event.id);
    else if (event.type === "step.begin") {
      this.#steps.set(event.id, event);
      this.onStep(this.#path(event.id));
    }
  }

  /** The step that began last of those that run, with those around it. */
  get running(): readonly string[] {
    const last = [...this.#steps.keys()].at(-1);
    return last === undefined ? [] : this.#path(last);
  }

  /** @param folder of the trace, relative to the repository root */
  attachments(folder: string): Attachment[] {
    return this.#attachments.map(({ path, title, print }) => ({
      path: `${folder}/${path}`,
      title,
      ...print && { print },
    }));
  }

  /** What was logged and, of an attempt that did not pass, the last lines of each channel. */
  output(passed: boolean): string {
    const parts = [cutStart(this.#log.slice(-LOG_ENTRIES).join("\n"))];
    if (!passed) {
      for (const [channel, text] of this.#tails) {
        const lines = text.replaceAll("\r\n", "\n").trimEnd().split("\n").slice(-TAIL_LINES);
        parts.push(`last of ${channel}:\n${lines.map((line) => `  ${line}`).join("\n")}`);
      }
    }
    return parts.filter(Boolean).join("\n");
  }

  #path(id: number): string[] {
    const names: string[] = [];
    for (let at = this.#steps.get(id); at; at = this.#steps.get(at.parent ?? -1)) {
      names.unshift(at.name);
    }
    return names;
  }

  #keepLog(level: string, text: string): void {
    const entry = level === "info" ? text : `${level}: ${text}`;
    this.#log.push(entry.slice(0, ENTRY_CHARACTERS));
    // Now and then, not each time: shifting a long array is not free.
    if (this.#log.length >= 2 * LOG_ENTRIES) this.#log = this.#log.slice(-LOG_ENTRIES);
  }

  #keepTail({ channel, dir, text, base64 }: BytesEvent): void {
    if (dir !== "rx") return;
    const all = (this.#tails.get(channel) ?? "") + (text ?? atob(base64 ?? ""));
    // Cut rarely, so that a stream of single bytes costs no copy each.
    this.#tails.set(
      channel,
      all.length > 2 * TAIL_CHARACTERS ? all.slice(-TAIL_CHARACTERS) : all,
    );
  }
}

function cutStart(text: string): string {
  return text.length <= OUTPUT_CHARACTERS ? text : `…${text.slice(-OUTPUT_CHARACTERS)}`;
}
