/** What only a target with a machine under it has: its console, and drives that are not there. */
import { expect, measure, scenario, step } from "hil";
import { diskCacheMachine } from "sims/diskcache/mod.ts";
import { at, LIMIT, read } from "./steps.ts";

scenario(
  "the guest answers 100 framed commands with a clean link",
  { uses: { cache: diskCacheMachine() } },
  async ({ cache }) => {
    const { clock, console: com1 } = cache;
    const before = com1.quality;
    const began = clock.now();
    for (let i = 1; i <= 100; i++) {
      const text = `${i} ${"=<>!? 0123456789".repeat(i % 16)}`.trimEnd();
      const { output, status } = await com1.run(`echo ${text}`, { within: LIMIT });
      expect({ output, status }, "the answer").toEqual({ output: text, status: 0 });
    }
    measure("a command took", (clock.now() - began) / 100 / 1e3, { unit: "us" });
    const { bytesReceived, bytesSent, linesReceived, commands, ...damage } = com1.quality;
    expect(commands - before.commands, "commands").toBe(100);
    expect(linesReceived - before.linesReceived, "lines").toBeGreaterThan(199);
    measure("bytes from the guest", bytesReceived - before.bytesReceived, { unit: "B" });
    measure("bytes to the guest", bytesSent - before.bytesSent, { unit: "B" });
    for (const [what, count] of Object.entries(damage)) expect(count, what).toBe(0);
  },
);

scenario(
  "a panic fails what waits on the console",
  { uses: { cache: diskCacheMachine() } },
  async ({ cache }) => {
    const com1 = cache.console;
    const waiting = errorOf(com1.waitFor("what the guest never says", { within: LIMIT }));
    const command = errorOf(com1.run("panic on purpose", { within: LIMIT }));
    for (const error of [await waiting, await command]) {
      expect(error?.name, "the class of the error").toBe("ForbiddenOutput");
      expect(error!.message, "what it says").toContain("on purpose");
    }
  },
);

/** What a promise is rejected with. */
function errorOf(promise: Promise<unknown>): Promise<Error | undefined> {
  return promise.then(() => undefined, (error) => error as Error);
}

scenario(
  "drives that are not there are not found",
  { uses: { cache: diskCacheMachine({ sizes: [4096, 0, 0, 8192] }) } },
  async ({ cache }) => {
    const { output } = await cache.console.run("info", { within: LIMIT });
    const found = [...output.matchAll(/^drive (\d) sectors=(\d+)/gm)]
      .map(([, drive, sectors]) => `${drive}: ${sectors}`);
    expect(found, "the drives that the guest found").toEqual(["0: 4096", "3: 8192"]);
    await step("those that are there work, up to their last block", async () => {
      await cache.drives.poke(at(4095), 0x0001);
      await cache.drives.poke(at(8191, 3), 0x0301);
      expect(await read(cache, at(4095)), "the last block of drive 0").toBe(0x0001);
      expect(await read(cache, at(8191, 3)), "the last block of drive 3").toBe(0x0301);
    });
  },
);
