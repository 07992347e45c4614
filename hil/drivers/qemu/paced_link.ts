/**
 * COM1 fed as fast as the guest takes it, for a QEMU that records. There what comes from outside
 * waits for its turn in the recording, and does not count meanwhile: QEMU takes more than the
 * port's FIFO of 16 bytes has room for, and the rest is lost (7.2).
 */
import type { ByteLink } from "../../ports/mod.ts";
import type { QmpClient } from "./qmp.ts";

const PIECE_BYTES = 14;
/** COM1's line status register (16550D, 8.6.3): something is in the FIFO. */
const LSR = 0x3fd;
const LSR_DATA_READY = 1;
/** Instructions after which a piece has had its turn: two ticks of a guest that counts ms. */
const TURN = 250_000;

export function pacedLink(link: ByteLink, qmp: Pick<QmpClient, "execute" | "monitor">): ByteLink {
  let last: Promise<void> = Promise.resolve();
  const executed = async () => (await qmp.execute<{ icount: number }>("query-replay")).icount;
  const waits = async () => {
    const said = await qmp.monitor(`i /b 0x${LSR.toString(16)}`);
    return (Number(said.split("=")[1]) & LSR_DATA_READY) !== 0;
  };
  /** Until a piece is in the FIFO, and then until the guest has emptied that. */
  const taken = async () => {
    const turn = await executed() + TURN;
    while (await executed() < turn || await waits());
  };
  const send = async (data: Uint8Array) => {
    for (let at = 0; at < data.length; at += PIECE_BYTES) {
      await link.write(data.subarray(at, at + PIECE_BYTES));
      await taken();
    }
  };
  const write = (data: Uint8Array) => {
    last = last.catch(() => {}).then(() => send(data));
    return last;
  };
  return { readable: link.readable, write, close: () => link.close() };
}
