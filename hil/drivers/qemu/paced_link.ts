/**
 * A serial port that is fed slowly, for a QEMU that records. There what comes from outside waits
 * for its turn in the recording, and does not count meanwhile: QEMU takes more than the port's
 * FIFO of 16 bytes has room for, and the rest is lost (7.2).
 */
import type { ByteLink } from "../../ports/mod.ts";
import { ms, timer } from "../../time/mod.ts";

const PIECE_BYTES = 14;
const PAUSE = ms(2);

/** @param turn resolves when QEMU's main loop has been around */
export function pacedLink(link: ByteLink, turn: () => Promise<unknown>): ByteLink {
  let last: Promise<void> = Promise.resolve();
  const send = async (data: Uint8Array) => {
    for (let at = 0; at < data.length; at += PIECE_BYTES) {
      await link.write(data.subarray(at, at + PIECE_BYTES));
      await turn();
      await new Promise<void>((resolve) => timer(PAUSE, resolve));
    }
  };
  const write = (data: Uint8Array) => {
    last = last.catch(() => {}).then(() => send(data));
    return last;
  };
  return { readable: link.readable, write, close: () => link.close() };
}
