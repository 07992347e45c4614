import assert from "node:assert/strict";
import type { ByteLink } from "../../ports/mod.ts";
import { pacedLink } from "./paced_link.ts";

const FIFO_BYTES = 16;
const BYTES_PER_TICK = 3;

/** COM1 of a QEMU that records, with a guest that gets a turn with every so many questions. */
function slowMachine({ questionsPerTurn }: { readonly questionsPerTurn: number }) {
  const taken: number[] = [];
  const onTheWay: number[] = [];
  const fifo: number[] = [];
  let icount = 0;
  let questions = 0;
  const asked = () => {
    if (++questions % questionsPerTurn) return;
    icount += 100_000;
    if (icount % 200_000) return;
    // A tick: the guest takes some of what is in the FIFO, and what has come is in there.
    taken.push(...fifo.splice(0, BYTES_PER_TICK));
    fifo.push(...onTheWay.splice(0).slice(0, FIFO_BYTES - fifo.length));
  };
  const link: ByteLink = {
    readable: new ReadableStream(),
    write: (data) => Promise.resolve(void onTheWay.push(...data)),
    close: () => Promise.resolve(),
  };
  const qmp = {
    execute: <T>() => (asked(), Promise.resolve({ icount } as T)),
    monitor: (line: string) => {
      assert.equal(line, "i /b 0x3fd");
      asked();
      return Promise.resolve(`portb[0x03fd] = 0x6${fifo.length > 0 ? 1 : 0}\r\n`);
    },
  };
  return { link, qmp, taken };
}

for (const questionsPerTurn of [1, 2, 7, 50]) {
  const name =
    `no byte is lost when QEMU answers ${questionsPerTurn} times before its guest goes on`;
  Deno.test(name, async () => {
    const { link, qmp, taken } = slowMachine({ questionsPerTurn });
    const paced = pacedLink(link, qmp);
    const sent = Array.from({ length: 100 }, (_, i) => i);
    // Both at once: the second waits for the first.
    await Promise.all([
      paced.write(Uint8Array.from(sent.slice(0, 41))),
      paced.write(Uint8Array.from(sent.slice(41))),
    ]);
    assert.deepEqual(taken, sent);
  });
}

Deno.test("who writes to a QEMU that has ended is told", async () => {
  const { link, qmp } = slowMachine({ questionsPerTurn: 1 });
  const ended = () => Promise.reject(new Error("QEMU closed its channel"));
  const paced = pacedLink(link, { ...qmp, execute: ended });
  await assert.rejects(paced.write(Uint8Array.of(1)), /^Error: QEMU closed its channel$/);
});
