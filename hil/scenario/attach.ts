/** Attachments: files beside the trace that reports show: a plot, a picture, a dump. */
import { currentPlace } from "./context.ts";

/** A word that is a file's name in any report: no folder, nothing to quote. */
const FILE_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;
/** The runner's own file in that folder. */
const TRACE = "trace.jsonl";

export interface AttachOptions {
  /** What it shows, in a few words. */
  readonly title: string;
  /** Of a text: shows it on the terminal as well, when the scenario has ended. */
  readonly print?: boolean;
}

/**
 * Keeps a file with the results of the running scenario. A second one of a name is refused.
 *
 * @param name of the file; its ending says what it is: "ages.svg"
 * @throws RangeError when the name is not one plain word, or is taken
 * @example
 * ```ts ignore
 * attach("ages.svg", svg, { title: "age of the oldest dirty block" });
 * ```
 */
export function attach(
  name: string,
  contents: string | Uint8Array,
  { title, print }: AttachOptions,
): void {
  const { context } = currentPlace("attach");
  if (!FILE_NAME.test(name) || name === TRACE) {
    throw new RangeError(
      `Cannot attach "${name}": it is no plain file name of its own; ` +
        `give letters, digits, ".", "_" and "-", such as ages.svg`,
    );
  }
  const bytes = typeof contents === "string" ? new TextEncoder().encode(contents) : contents;
  try {
    Deno.writeFileSync(`${context.attachmentsDir}/${name}`, bytes, { createNew: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    throw new RangeError(`Cannot attach "${name}": there is one of that name; give another name`);
  }
  context.timeline.record({ type: "attachment", path: name, title, ...print && { print } });
}
