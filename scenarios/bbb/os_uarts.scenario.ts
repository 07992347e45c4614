/** UARTs of the board's own operating system. */
import { crc32 } from "node:zlib";
import { type Duration, expect, measure, ms, scenario, seconds, type SerialPort, step } from "hil";
import { type BeagleBone, xorshift } from "sims/bbb/mod.ts";
import { ask, askOne, osLab, pass, start } from "./os_steps.ts";

/** All that comes is what has been asked for, or the board has failed. */
async function received(
  board: BeagleBone,
  port: SerialPort,
  bytes: number,
  within: Duration,
): Promise<Uint8Array> {
  await board.clock.until(() => port.received >= bytes || undefined, within);
  expect(port.received, "bytes that came").toBe(bytes);
  return await port.receive(bytes, { within });
}

scenario(
  "each UART on a header sends back what it hears, and keeps what is not echoed",
  { uses: osLab("uart 1", "uart 2", "uart 4", "uart 5"), timeout: seconds(120) },
  async (lab) => {
    const os = await start(lab), { board } = lab, within = seconds(5);
    for (const n of [1, 2, 4, 5] as const) {
      await step(`UART${n}`, async () => {
        const port = board.serial(n), words = new TextEncoder().encode(`to UART${n} and back`);
        await ask(os, `uart ${n} echo on`);
        await port.write(words);
        expect(await received(board, port, words.length, within), "the echo").toEqual(words);
        await ask(os, `uart ${n} echo off`);
        await port.write(words);
        await pass(board, ms(50));
        const { bytes } = await askOne(os, `uart ${n} read`);
        const heard = [...words].map((byte) => byte.toString(16).padStart(2, "0")).join("");
        expect(bytes, "what it keeps").toBe(heard);
      });
    }
  },
);

scenario(
  "100,000 bytes each way on three UARTs at once, and none is lost",
  { uses: osLab("uart 1", "uart 4", "uart 5"), timeout: seconds(180), tags: ["rehearsal"] },
  async (lab) => {
    const os = await start(lab), { board } = lab;
    const bytes = 100_000, within = seconds(20);
    const uarts = [1, 4, 5].map((n) => ({
      n,
      port: board.serial(n),
      sent: xorshift(bytes, 70 + n),
    }));
    const from = board.clock.now();
    await step("send on all", async () => {
      for (const { n, port, sent } of uarts) {
        await ask(os, `uart ${n} clear`);
        await ask(os, `uart ${n} send ${bytes} ${n}`);
        await port.write(sent);
      }
    });
    await step("what comes", async () => {
      for (const { n, port } of uarts) {
        const got = await received(board, port, bytes, within);
        expect(crc32(got), `the CRC of what UART${n} sent`).toBe(crc32(xorshift(bytes, n)));
      }
    });
    measure("the slowest", (board.clock.now() - from) / 1e9, { unit: "s", within: { max: 20 } });
    await pass(board, seconds(1));
    for (const { n, port, sent } of uarts) {
      const told = await askOne(os, `uart ${n} count`);
      expect(port.received, `bytes from UART${n}`).toBe(bytes);
      expect(told.received, `bytes that UART${n} got`).toBe(`${bytes}`);
      expect(Number(told.received_crc32), "their CRC").toBe(crc32(sent));
      expect([told.overruns, told.damaged, told.dropped], "lost").toEqual(["0", "0", "0"]);
    }
  },
);
