import assert from "node:assert/strict";
import { openPower } from "hil/drivers/power/mod.ts";
import { seconds, withLimit } from "hil/time/mod.ts";
import { markedProcesses } from "hil/drivers/marked_processes.ts";
import { format, linesOf, parse } from "./messages.ts";
import { RehearsalProcess } from "./process.ts";
import { FakeRelay } from "./relay.ts";

Deno.test("messages go over the line as they are, bytes among them", () => {
  const bytes = Uint8Array.from({ length: 300 }, (_, n) => n);
  const options = { files: { "os.bin": bytes, "uEnv.txt": "a=b\n" } };
  const message = { id: 7, name: "serve", options } as const;
  const line = new TextDecoder().decode(format(message));
  assert.equal(line.indexOf("\n"), line.length - 1);
  assert.deepEqual(parse(line), message);
});

Deno.test("lines are whole, however they are cut; what has no end is none", async () => {
  const bytes = new TextEncoder().encode("one\nzwölf\n\nrest");
  for (let size = 1; size <= bytes.length; size++) {
    const chunks: Uint8Array[] = [];
    for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.slice(at, at + size));
    const lines = await Array.fromAsync(linesOf(ReadableStream.from(chunks)));
    assert.deepEqual(lines, ["one", "zwölf", ""]);
  }
});

Deno.test("the relay is switched by the driver for real ones, and tells each change once", async () => {
  const switched: boolean[] = [];
  const relay = new FakeRelay({ onSwitch: (on) => void switched.push(on) });
  const power = openPower({ kind: "web-relay", url: relay.url, offTimeMs: 0 });
  assert.equal(await power.state(), false);
  await power.on();
  await power.on();
  assert.equal(await power.state(), true);
  await power.reset();
  await power.cut();
  await power.cut();
  assert.deepEqual(switched, [true, false, true, false]);
  for (const [path, status] of [["/state.xml?relayState=2", 400], ["/", 404]] as const) {
    const answer = await fetch(`${relay.url}${path}`);
    await answer.text();
    assert.equal(answer.status, status);
  }
  await relay.close();
});

const late = () => assert.fail("nothing came");

Deno.test("a board in a process of its own tells what its boot ROM found, and ends when told", async () => {
  const mark = `REHEARSAL_TEST=test ${Deno.pid}`;
  const [name, value] = mark.split("=");
  const process = new RehearsalProcess({ [name!]: value! }, "/none");
  process.onLost = (error) => assert.fail(error);
  const noted = Promise.withResolvers<string>();
  process.onRom = (note) => noted.resolve(note);
  const { uarts, relay } = await process.ask("board", {
    ...{ options: {}, uarts: [0, 1], pins: [], speed: 10 },
  });
  assert.deepEqual(Object.keys(uarts), ["0", "1"]);
  await openPower({ kind: "web-relay", url: relay, offTimeMs: 0 }).on();
  assert.match(await withLimit(noted.promise, seconds(20), late), /^MMC1: /);
  await assert.rejects(
    process.ask("board", {
      ...{ options: { emmc: { image: "/none.img" } }, uarts: [], pins: [] },
    }),
    /^Error: Cannot do that in the rehearsal: Cannot open/,
  );
  assert.deepEqual(markedProcesses(mark, { whole: true }), [process.pid]);
  await process.close();
  assert.deepEqual(markedProcesses(mark, { whole: true }), []);
});

Deno.test("a process that is gone says so to who waits, and to the scenario", async () => {
  const process = new RehearsalProcess({}, "/none");
  await process.ask("serve", { options: {} });
  const lost = Promise.withResolvers<Error>();
  process.onLost = lost.resolve;
  Deno.kill(process.pid, "SIGKILL");
  const { message } = await withLimit(lost.promise, seconds(20), late);
  assert.match(message, /^Cannot go on with the rehearsal: its process was ended by SIGKILL/);
  await process.close();
});
