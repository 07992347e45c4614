/** What the driver's own tests run QEMU in: a context, guests on disk, and a look for leftovers. */
import assert from "node:assert/strict";
import type { ByteLink } from "../../ports/mod.ts";
import { ms, seconds, withLimit } from "../../time/mod.ts";
import { Timeline, type TraceEvent } from "../../trace/mod.ts";
import { HostClock } from "../host_clock.ts";
import { commandLine, markedProcesses } from "../marked_processes.ts";
import { type Ending, tinyGuest } from "./tiny_guest.ts";
import { fastPc, Qemu, type QemuContext, type StartOptions } from "./mod.ts";

export interface Lab extends QemuContext {
  readonly events: TraceEvent[];
  readonly abort: AbortController;
  /** Writes a guest; gives the path of its image. */
  guest(text: string, ending: Ending): Promise<string>;
  /** Writes an executable; gives its path. */
  script(text: string): Promise<string>;
  /** Starts a guest of a few bytes with one serial port. */
  start(text: string, ending: Ending, options?: Partial<StartOptions>): Promise<Qemu>;
}

/** Runs `body`, undoes what it deferred, and looks whether anything is left. */
export async function inLab(body: (lab: Lab) => Promise<void>): Promise<void> {
  const tempDir = await Deno.makeTempDir();
  const undo: [string, () => void | Promise<void>][] = [];
  const events: TraceEvent[] = [];
  const timeline = new Timeline({ write: (event) => void events.push(event) });
  const clock = timeline.clock = new HostClock(timeline);
  const abort = new AbortController();
  let files = 0;
  const write = async (name: string, data: Uint8Array, mode: number) => {
    const path = `${tempDir}/${name}${++files}`;
    await Deno.writeFile(path, data, { mode });
    return path;
  };
  const lab: Lab = {
    ...{ tempDir, timeline, clock, events, abort, signal: abort.signal },
    processEnv: { HIL_QEMU_TEST: tempDir },
    defer: (what, done) => void undo.push([what, done]),
    guest: (text, ending) => write("guest", tinyGuest(text, ending), 0o644),
    script: (text) => write("script", new TextEncoder().encode(text), 0o755),
    start: async (text, ending, options) => {
      const kernel = await lab.guest(text, ending);
      const serials = [{ name: "com1" }];
      return await Qemu.start({ ...fastPc(), memoryMiB: 16, kernel, serials, ...options }, lab);
    },
  };
  try {
    await body(lab);
  } finally {
    for (const [what, done] of undo.reverse()) await soon(Promise.resolve(done()), what);
    // One that has no command line is dead already.
    const processes = markedProcesses(tempDir).map((pid) => commandLine(pid).join(" "))
      .filter(Boolean);
    assert.deepEqual(processes, [], "processes that are left");
    const left = [...Deno.readDirSync(tempDir)].filter(({ isFile }) => !isFile);
    assert.deepEqual(left, [], "sockets that are left");
    await Deno.remove(tempDir, { recursive: true });
  }
}

/** What is due now, within 10 s. */
export function soon<T>(work: Promise<T>, what: string): Promise<T> {
  return withLimit(work, seconds(10), () => assert.fail(`waited 10 s for: ${what}`));
}

/** Reads a link in portions that suit the test. */
export class Ear {
  #heard = "";
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;

  constructor(link: ByteLink) {
    this.#reader = link.readable.getReader();
  }

  /** Everything so far, when `text` is at its end. */
  async hear(text: string): Promise<string> {
    while (!this.#heard.endsWith(text)) {
      const { value, done } = await soon(this.#reader.read(), `"${text}" after "${this.#heard}"`);
      assert.ok(!done, `the link ended after "${this.#heard}"`);
      this.#heard += new TextDecoder().decode(value);
    }
    return this.#heard;
  }

  /** Everything up to the end of the link, and the error that it ended with. */
  async rest(): Promise<{ text: string; error?: Error }> {
    try {
      for (;;) {
        const { value, done } = await soon(this.#reader.read(), "the end of the link");
        if (done) return { text: this.#heard };
        this.#heard += new TextDecoder().decode(value);
      }
    } catch (error) {
      return { text: this.#heard, error: error as Error };
    }
  }

  /** That nothing comes for a while: the one place where only time can tell. */
  async silence(): Promise<void> {
    const read = this.#reader.read().then(({ value }) => value && new TextDecoder().decode(value));
    assert.equal(await withLimit(read, ms(100), () => "nothing"), "nothing");
  }
}

export async function say(link: ByteLink, text: string): Promise<void> {
  await soon(link.write(new TextEncoder().encode(text)), `"${text}" to be taken`);
}

/** What `work` is rejected with. */
export async function errorOf(work: Promise<unknown>): Promise<Error> {
  try {
    await soon(work, "an error");
  } catch (error) {
    return error as Error;
  }
  assert.fail("it went well");
}
