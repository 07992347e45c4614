import assert from "node:assert/strict";
import { seeded } from "./_client.ts";
import { Inbox } from "./inbox.ts";

Deno.test("what is taken is what was put in, in its order, on 200 seeds", () => {
  for (let seed = 1; seed <= 200; seed++) {
    const random = seeded(seed);
    const inbox = new Inbox();
    let [put, taken] = [0, 0];
    for (let turn = 0; turn < 200; turn++) {
      if (random(2)) {
        const size = random(random(10) ? 300 : 10_000);
        inbox.push(Uint8Array.from({ length: size }, () => put++ % 251));
        continue;
      }
      const size = random(2000);
      const view = inbox.peek(size);
      const bytes = inbox.take(size);
      assert.equal(bytes !== undefined, size <= put - taken, `seed ${seed}, turn ${turn}`);
      assert.equal(view?.byteLength, bytes?.length);
      for (const byte of bytes ?? []) {
        assert.equal(byte, taken++ % 251, `seed ${seed}, turn ${turn}`);
      }
      assert.equal(inbox.size, put - taken);
    }
  }
});

Deno.test("a look shows the next bytes and leaves them", () => {
  const inbox = new Inbox();
  inbox.push(Uint8Array.of(1, 2, 3, 4, 5));
  inbox.take(1);
  assert.equal(inbox.peek(4)?.getUint32(0), 0x0203_0405);
  assert.equal(inbox.peek(5), undefined);
  assert.deepEqual(inbox.take(2), Uint8Array.of(2, 3));
});

Deno.test("what was taken does not change when more comes", () => {
  const inbox = new Inbox();
  inbox.push(Uint8Array.of(1, 2, 3));
  const bytes = inbox.take(3)!;
  inbox.push(Uint8Array.of(7, 8, 9));
  assert.deepEqual(bytes, Uint8Array.of(1, 2, 3));
});
