import assert from "node:assert/strict";
import type { ByteLink } from "../../ports/mod.ts";
import { ms, seconds } from "../../time/mod.ts";
import { Timeline } from "../../trace/mod.ts";
import { HostClock } from "../host_clock.ts";
import { RawSerial, type SerialControls } from "./raw_serial.ts";

/** What is sent is what `sent` has; what comes is what `say` is given. */
function rig(controls: SerialControls = {}) {
  const sent: number[] = [];
  let say!: (bytes: Uint8Array) => void, end!: () => void;
  const readable = new ReadableStream<Uint8Array>({
    start(controller) {
      say = (bytes) => controller.enqueue(bytes);
      end = () => controller.close();
    },
  });
  const link: ByteLink = {
    readable,
    write: (bytes) => Promise.resolve(void sent.push(...bytes)),
    close: () => Promise.resolve(),
  };
  const timeline = new Timeline({ write: () => {} });
  const port = new RawSerial({
    ...{ name: "uart1", link, controls, clock: new HostClock(timeline), timeline },
  });
  return { port, sent, say, end };
}

Deno.test("bytes are given as asked for, however they come", async () => {
  const { port, sent, say } = rig();
  await port.write(Uint8Array.of(9));
  assert.deepEqual(sent, [9]);
  say(Uint8Array.of(1, 2));
  say(Uint8Array.of(3));
  const within = seconds(5);
  assert.deepEqual([...await port.receive(1, { within })], [1]);
  const more = port.receive(3, { within });
  say(Uint8Array.of(4, 5));
  assert.deepEqual([...await more], [2, 3, 4]);
  assert.equal(port.received, 5);
  assert.deepEqual([...await port.receive(1, { within })], [5]);
});

Deno.test("bytes that do not come are an error that says how many have, and stay", async () => {
  const { port, say, end } = rig();
  say(Uint8Array.of(1));
  await port.receive(0, { within: ms(1) });
  await assert.rejects(port.receive(2, { within: ms(1) }), {
    message: 'Cannot receive 2 bytes from "uart1": 1 are there and no more came in 1 ms; look ' +
      "whether the target sends them all",
  });
  end();
  await assert.rejects(
    port.receive(2, { within: seconds(5) }),
    /1 are there and the link has ended/,
  );
  assert.deepEqual([...await port.receive(1, { within: ms(1) })], [1]);
});

Deno.test("breaks and lines go to the link, and are on the timeline; a link without them says so", async () => {
  const done: unknown[] = [];
  const all = { dtr: true, rts: false, cts: true, dsr: false, dcd: false, ri: false };
  const { port } = rig({
    sendBreak: (options) => Promise.resolve(void done.push(options.hold.ms)),
    setLines: (lines) => Promise.resolve(void done.push(lines)),
    lines: () => Promise.resolve(all),
  });
  const first = await port.sendBreak();
  const second = await port.sendBreak({ hold: ms(5) });
  const third = await port.setLines({ rts: false });
  assert.deepEqual(done, [250, 5, { rts: false }]);
  assert.deepEqual([first, second, third].map(({ what }) => what), [
    ...["uart1 line break", "uart1 line break", "uart1 line lines"],
  ]);
  assert.equal(await port.lines(), all);
  await assert.rejects(rig().port.sendBreak(), {
    message: 'Cannot send a break on "uart1": the line to the target has none; ' +
      "name what the scenario needs, so that a bench without it skips it",
  });
  await assert.rejects(rig().port.lines(), /Cannot read lines of "uart1"/);
});
