/**
 * A pseudo-terminal pair (pty(7)) as a byte link.
 *
 * The kernel hands over 4 KiB a read, so all that is there is read without waiting, and only an
 * empty terminal costs a trip to another thread: 125 to 220 MB/s on two shared cores, where a
 * blocking read a chunk in that thread made 55 and a bare loop in Python 110.
 */
import { setImmediate } from "node:timers";
import type { ByteLink } from "../../ports/mod.ts";
import { Terminal } from "./_terminal.ts";

const BUFFER_SIZE = 64 << 10;
/** What the kernel gives at most in one read (N_TTY_BUF_SIZE). */
const READ_SIZE = 4 << 10;

export interface PtyOptions {
  /**
   * Programs on the other side may come and go, as with a serial port that stays plugged in.
   * Without it the link ends, well, when the last one closes the path: also `stty -F`.
   */
  readonly stays?: boolean;
}

export interface Pty {
  /**
   * Our side. `readable` gives all that was written to the path before it ends. `write` rejects
   * when it waits for room and the other side hangs up.
   */
  readonly master: ByteLink;
  /** What a program opens as its serial port: "/dev/pts/3". Raw mode, nothing is echoed. */
  readonly path: string;
  /** The same as `master.close()`; what the other side has not read yet is lost. */
  close(): Promise<void>;
}

/** @throws Error when the system has no pseudo-terminal to give, or Deno may not use FFI */
export function openPty(options: PtyOptions = {}): Pty {
  const terminal = new Terminal();
  const close = () => terminal.close();
  try {
    if (options.stays) terminal.hold();
  } catch (error) {
    close();
    throw error;
  }
  const master = { readable: reader(terminal), write: writer(terminal), close };
  return { master, path: terminal.path, close };
}

function reader(terminal: Terminal): ReadableStream<Uint8Array> {
  const buffer = new Uint8Array(BUFFER_SIZE);
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      let size = readAll(terminal, buffer);
      while (size === 0) {
        if (await terminal.ready("read") !== "ready") return controller.close();
        size = readAll(terminal, buffer);
      }
      controller.enqueue(buffer.slice(0, size));
      // A program that never stops writing must not keep timers and other links from running.
      if (size > BUFFER_SIZE - READ_SIZE) await turn();
    },
    cancel: () => terminal.close(),
  }, { highWaterMark: 0 });
}

/** All that is there, as far as it fits; gives its size. */
function readAll(terminal: Terminal, buffer: Uint8Array<ArrayBuffer>): number {
  let size = 0;
  while (size <= buffer.length - READ_SIZE) {
    const count = terminal.read(buffer.subarray(size));
    if (count === 0) break;
    size += count;
  }
  return size;
}

function writer(terminal: Terminal): ByteLink["write"] {
  let last: Promise<void> = Promise.resolve();
  const send = async (data: Uint8Array<ArrayBuffer>) => {
    for (let at = 0; at < data.length;) {
      if (terminal.closed) throw refusal(terminal, "it is closed here");
      const count = terminal.write(data.subarray(at));
      at += count;
      if (count > 0) continue;
      if (await terminal.ready("write") === "hung up") {
        throw refusal(terminal, "no program has it open any more");
      }
    }
  };
  return (data) => last = last.catch(() => {}).then(() => send(data as Uint8Array<ArrayBuffer>));
}

function refusal(terminal: Terminal, what: string): Error {
  return new Error(
    `Cannot write to the pseudo-terminal "${terminal.path}": ${what}; open a new one`,
  );
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
