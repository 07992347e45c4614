import assert from "node:assert/strict";
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { ms, seconds } from "hil/time/mod.ts";
import { RtpSound } from "./sound.ts";

const SOON = { within: seconds(20) };
/** Version 2, payload type 0, and one sample. */
const FIRST = Uint8Array.from([0x80, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 7, 0xff]);

async function bound(): Promise<Socket> {
  const socket = createSocket("udp4");
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  return socket;
}

Deno.test("two phones hear each other's tone over RTP, and neither hears another", async () => {
  const [one, other] = [await bound(), await bound()];
  const [low, high] = [new RtpSound(one, 440), new RtpSound(other, 1500)];
  try {
    // Each sends to whoever has sent: one has to begin.
    other.send(FIRST, one.address().port, "127.0.0.1");
    const heard = await Promise.all([low.hears(1500, SOON), high.hears(440, SOON)]);
    // A full square wave has 0 dBFS; a sine of a quarter of it has -15.3.
    for (const { levelDbfs } of heard) assert.ok(Math.abs(levelDbfs + 15.3) < 0.5, `${levelDbfs}`);
    await assert.rejects(low.hears(440, { within: ms(200) }), {
      message: /^Cannot hear 440 Hz within 200 ms: the last was 1(499|500) Hz at -1[56] dBFS$/,
    });
  } finally {
    low.close();
    high.close();
  }
});

Deno.test("what is no RTP with µ-law is not heard, and silence is told as such", async () => {
  const [one, other] = [await bound(), await bound()];
  const sound = new RtpSound(one, 440);
  try {
    const { port } = one.address();
    for (const [at, byte] of [[0, 0x00], [1, 8]] as const) {
      const wrong = FIRST.with(at, byte);
      other.send(wrong, port, "127.0.0.1");
    }
    other.send(FIRST.subarray(0, 12), port, "127.0.0.1");
    other.send(FIRST, port, "127.0.0.1"); // The last: what is before it has come then.
    await once(one, "message");
    await assert.rejects(sound.hears(440, { within: ms(50) }), {
      message: "Cannot hear 440 Hz within 50 ms: packets that came: 1",
    });
  } finally {
    sound.close();
    other.close();
  }
});
