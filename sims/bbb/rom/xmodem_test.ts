import assert from "node:assert/strict";
import { Random } from "hil/time/mod.ts";
import { crc16, XmodemReceiver } from "./xmodem.ts";

const ACK = 0x06, NAK = 0x15, CAN = 0x18, EOT = 0x04;

function block(number: number, data: Uint8Array): number[] {
  const crc = crc16(data);
  const first = data.length === 1024 ? 0x02 : 0x01;
  return [first, number & 0xff, 255 - (number & 0xff), ...data, crc >> 8, crc & 0xff];
}

/** The last answer. */
function send(receiver: XmodemReceiver, bytes: readonly number[]) {
  let last: ReturnType<XmodemReceiver["receive"]> = {};
  for (const byte of bytes) last = receiver.receive(byte);
  return last;
}

Deno.test("XMODEM: blocks of both sizes arrive in order; 256 blocks wrap the number", () => {
  const receiver = new XmodemReceiver(200_000);
  const random = new Random("xmodem");
  const sent: number[] = [];
  for (let n = 1; n <= 300; n++) {
    const data = Uint8Array.from({ length: n % 5 ? 128 : 1024 }, () => random.below(256));
    assert.deepEqual(send(receiver, block(n, data)), { answer: ACK });
    sent.push(...data);
  }
  assert.deepEqual(receiver.receive(EOT), { answer: ACK, end: "complete" });
  assert.deepEqual([...receiver.bytes], sent);
});

Deno.test("XMODEM: a damaged block is asked for again, one sent twice counts once", () => {
  const receiver = new XmodemReceiver(10_000);
  const data = new Uint8Array(128).fill(7);
  const damaged = block(1, data);
  damaged[50]! ^= 1;
  assert.deepEqual(send(receiver, damaged), { answer: NAK });
  assert.deepEqual(send(receiver, block(1, data)), { answer: ACK });
  assert.deepEqual(send(receiver, block(1, data)), { answer: ACK });
  assert.equal(receiver.bytes.length, 128);
  assert.deepEqual(send(receiver, block(5, data)), { answer: CAN, end: "cancelled" });
});

Deno.test("XMODEM: a file that is too large is cancelled", () => {
  const receiver = new XmodemReceiver(200);
  send(receiver, block(1, new Uint8Array(128)));
  const end = send(receiver, block(2, new Uint8Array(128)));
  assert.deepEqual(end, { answer: CAN, end: "too large" });
});

Deno.test("XMODEM: whatever comes, no byte of a bad block is taken", () => {
  const random = new Random("noise");
  const receiver = new XmodemReceiver(1 << 20);
  for (let n = 0; n < 50_000; n++) receiver.receive(random.below(4) ? random.below(256) : 1);
  assert.equal(receiver.bytes.length, 0);
});
