import assert from "node:assert/strict";
import type { ByteLink } from "../../ports/mod.ts";
import { seconds } from "../../time/mod.ts";
import { Timeline } from "../../trace/mod.ts";
import { HostClock } from "../host_clock.ts";
import { type DevicePin, FirmataBox, FirmataDevice } from "./mod.ts";

/** A link whose other end is a test: `hears` waits for so many bytes of it, as hex. */
function byHand() {
  let say!: (hex: string) => void, end!: () => void;
  const readable = new ReadableStream<Uint8Array>({
    start(controller) {
      say = (hex) => controller.enqueue(Uint8Array.fromHex(hex));
      end = () => controller.close();
    },
  });
  let heard = "", news = Promise.withResolvers<void>();
  const write = (bytes: Uint8Array) => {
    heard += bytes.toHex();
    news.resolve();
    news = Promise.withResolvers();
    return Promise.resolve();
  };
  const hears = async (hex: string) => {
    while (heard.length < hex.length) await news.promise;
    assert.equal(heard.slice(0, hex.length), hex);
    heard = heard.slice(hex.length);
  };
  const link: ByteLink = { readable, write, close: () => Promise.resolve(end()) };
  return { link, say, hears };
}

Deno.test("the box tells what StandardFirmata tells: of outputs nothing, and each change once", async () => {
  const { link, say, hears } = byHand();
  const listeners: (() => void)[] = [];
  const levels: (0 | 1)[] = [0, 1];
  const pins = levels.map((_, n): DevicePin => ({
    get level() {
      return levels[n]!;
    },
    drive: (level) => void (levels[n] = level ?? 0),
    listen: (listener) => void listeners.push(listener),
  }));
  new FirmataDevice({ name: "A", link, pins });
  await hears("f90205" + "f07902054100f7");
  say("f06bf7");
  await hears("f06c" + "000101017f".repeat(2) + "f7");
  say("d001");
  await hears("900200");
  say("f40001" + "f50001" + "f06d00f7");
  await hears("f06e000101f7");
  levels[1] = 0;
  for (const listener of listeners) listener();
  await hears("900000");
  say("d001" + "f9");
  await hears("900000" + "f90205");
});

Deno.test("what a box told before a pin was let go is not taken for its level", async () => {
  const { link, say, hears } = byHand();
  const clock = new HostClock(new Timeline({ write() {} }));
  const opening = FirmataBox.open({ name: "pins", link, clock, limit: seconds(20) });
  await hears("f079f7");
  say("f07902054100f7");
  await hears("f001f7" + "f06bf7");
  say("f06c" + "000101017f".repeat(4) + "f7");
  const box = await opening;
  const letGo = "f40300" + "f06d03f7" + "d001";
  const watching = box.watch(3, () => {});
  await hears(letGo);
  say("f06e030000f7" + "900800");
  assert.equal(await watching, 1);
  const releasing = box.release(3);
  await hears(letGo);
  say("900000" + "f06e030000f7" + "900800");
  assert.equal(await releasing, 1);
  await box.close();
});
