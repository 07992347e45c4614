import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import fc from "fast-check";
import { Connection, type ConnectionOptions, type WebSocketEvent } from "./connection.ts";
import { encodeRawFrame, type RawFrame } from "./raw_frame.ts";

const KEY = 0x3d21fa37;

function pair(options: Partial<ConnectionOptions> = {}) {
  const shared = { maskKey: () => KEY, ...options };
  return {
    client: new Connection({ ...shared, role: "client" }),
    server: new Connection({ ...shared, role: "server" }),
  };
}

/** What a server makes of frames, and what it answers. */
function serverGets(frames: readonly RawFrame[], options: Partial<ConnectionOptions> = {}) {
  const { server } = pair(options);
  const events = frames.flatMap((frame) => [...server.receive(encodeRawFrame(frame))]);
  server.answerClose();
  return { events, answer: server.take(), server };
}

/** The failure that frames bring: its close code and section. */
function failure(frames: readonly RawFrame[], options: Partial<ConnectionOptions> = {}): string {
  const { events, answer } = serverGets(frames, options);
  const last = events.at(-1);
  assert.equal(last?.type, "failed", JSON.stringify(events));
  const { error } = last as WebSocketEvent & { type: "failed" };
  // The close frame says the code, and that is all that is sent.
  assert.equal(answer[0], 0x88);
  assert.equal(answer[2]! << 8 | answer[3]!, error.closeCode);
  return `${error.closeCode} ${error.section}`;
}

Deno.test("the frames of RFC 6455, section 5.7", () => {
  const { client, server } = pair();
  server.send("Hello");
  const plain = server.take();
  assert.deepEqual([...plain], [0x81, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f]);
  assert.deepEqual(client.receive(plain), [{ type: "text", text: "Hello" }]);
  client.send("Hello");
  const masked = client.take();
  assert.deepEqual([...masked], [
    ...[0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58],
  ]);
  server.sendFragment("text", "Hel", false);
  server.sendFragment("text", "lo", true);
  const fragments = server.take();
  assert.deepEqual([...fragments], [0x01, 0x03, 0x48, 0x65, 0x6c, 0x80, 0x02, 0x6c, 0x6f]);
  assert.deepEqual(client.receive(fragments), [{ type: "text", text: "Hello" }]);
  server.send(new Uint8Array(256));
  assert.deepEqual([...server.take().subarray(0, 4)], [0x82, 0x7e, 0x01, 0x00]);
  server.send(new Uint8Array(65536));
  assert.deepEqual([...server.take().subarray(0, 10)], [0x82, 0x7f, 0, 0, 0, 0, 0, 1, 0, 0]);
});

Deno.test("each rule that a frame breaks fails the connection with its code and section", () => {
  const cases: readonly (readonly [string, readonly RawFrame[]])[] = [
    ["1002 RFC 6455, section 5.2", [{ opcode: 1, rsv: 4, payload: "x" }]],
    ["1002 RFC 6455, section 5.2", [{ opcode: 1, rsv: 2, payload: "x" }]],
    ["1002 RFC 6455, section 5.2", [{ opcode: 1, rsv: 1, payload: "x" }]],
    ...[3, 4, 5, 6, 7, 11, 12, 13, 14, 15].map((opcode) =>
      ["1002 RFC 6455, section 5.2", [{ opcode }]] as const
    ),
    ["1002 RFC 6455, section 5.2", [{ opcode: 2, payload: "x", lengthBits: 16 }]],
    ["1002 RFC 6455, section 5.2", [{ opcode: 2, payload: "x", lengthBits: 64 }]],
    ["1002 RFC 6455, section 5.2", [{ opcode: 2, length: 65535, lengthBits: 64 }]],
    ["1002 RFC 6455, section 5.2", [{ opcode: 2, length: 1n << 63n, lengthBits: 64 }]],
    ["1002 RFC 6455, section 5.1", [{ opcode: 2, mask: "none" }]],
    ["1002 RFC 6455, section 5.5", [{ opcode: 9, fin: false }]],
    ["1002 RFC 6455, section 5.5", [{ opcode: 9, payload: new Uint8Array(126) }]],
    ["1002 RFC 6455, section 5.4", [{ opcode: 0 }]],
    ["1002 RFC 6455, section 5.4", [{ opcode: 1, fin: false }, { opcode: 1 }]],
    ["1002 RFC 6455, section 5.4", [{ opcode: 1, fin: false }, { opcode: 0 }, { opcode: 0 }]],
    ["1002 RFC 6455, section 5.5.1", [{ opcode: 8, payload: "x" }]],
    ...[0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65535].map((code) =>
      ["1002 RFC 6455, section 7.4", [{
        opcode: 8,
        payload: Uint8Array.of(code >> 8, code),
      }]] as const
    ),
    ["1007 RFC 6455, section 8.1", [{ opcode: 8, payload: Uint8Array.of(3, 232, 0xff) }]],
    ["1007 RFC 6455, section 8.1", [{ opcode: 1, payload: Uint8Array.of(0xc3) }]],
    ["1007 RFC 6455, section 8.1", [{ opcode: 1, fin: false, payload: Uint8Array.of(0xff) }]],
    ["1009 RFC 6455, section 10.4", [{ opcode: 2, length: 2 ** 40 }]],
    ["1009 RFC 6455, section 10.4", [{ opcode: 2, length: 2n ** 62n }]],
  ];
  for (const [wanted, frames] of cases) {
    assert.equal(failure(frames), wanted, Deno.inspect(frames));
  }
});

Deno.test("a client is failed by a masked frame", () => {
  const { client } = pair();
  const [event] = client.receive(encodeRawFrame({ opcode: 1, payload: "x" }));
  assert.equal(event?.type === "failed" && event.error.section, "RFC 6455, section 5.1");
});

Deno.test("a rule is enforced with the octet that breaks it", () => {
  const { server } = pair();
  assert.equal(server.receive(Uint8Array.of(0x83))[0]?.type, "failed", "the opcode");
  const other = pair().server;
  assert.deepEqual(other.receive(Uint8Array.of(0x81)), []);
  assert.equal(other.receive(Uint8Array.of(0x05))[0]?.type, "failed", "the mask");
  const third = pair().server;
  const frame = encodeRawFrame({ opcode: 1, payload: Uint8Array.of(0x61, 0xed, 0xa0, 0x61) });
  assert.deepEqual(third.receive(frame.subarray(0, -2)), []);
  assert.equal(third.receive(frame.subarray(-2, -1))[0]?.type, "failed", "a surrogate");
});

Deno.test("messages over the limit are refused by what their headers say, also in fragments", () => {
  const limits = { maxMessageBytes: 100, maxFrameBytes: 60 };
  assert.equal(failure([{ opcode: 2, length: 61 }], { limits }), "1009 RFC 6455, section 10.4");
  const half = { fin: false, payload: new Uint8Array(60) };
  assert.equal(
    failure([{ ...half, opcode: 2 }, { opcode: 0, length: 41 }], { limits }),
    "1009 RFC 6455, section 10.4",
  );
  const whole = serverGets([{ ...half, opcode: 2 }, { opcode: 0, payload: new Uint8Array(40) }], {
    limits,
  });
  assert.deepEqual(whole.events, [{ type: "binary", bytes: new Uint8Array(100) }]);
});

Deno.test("control frames between fragments are answered in between", () => {
  const { events, answer } = serverGets([
    { opcode: 1, fin: false, payload: "a" },
    { opcode: 9, payload: "ping" },
    { opcode: 0, fin: false, payload: "b" },
    { opcode: 10, payload: "pong" },
    { opcode: 0, payload: "c" },
  ]);
  assert.deepEqual(events.map(({ type }) => type), ["ping", "pong", "text"]);
  assert.deepEqual(events[2], { type: "text", text: "abc" });
  assert.equal(new TextDecoder().decode(answer), "\x8a\x04ping".replace("\x8a", "\ufffd"));
});

Deno.test("a close frame is echoed with its code, and nothing is read or sent after it", () => {
  const { events, answer, server } = serverGets([
    { opcode: 8, payload: Uint8Array.of(0x0f, 0xa1, 0x62) },
    { opcode: 1, payload: "late" },
  ]);
  assert.deepEqual(events, [{ type: "close", code: 4001, reason: "b" }]);
  assert.deepEqual([...answer], [0x88, 0x02, 0x0f, 0xa1]);
  assert.equal(server.send("x") || server.ping() || server.close(), false);
  assert.equal(server.pendingBytes, 0);
  const empty = serverGets([{ opcode: 8 }]);
  assert.deepEqual(empty.events, [{ type: "close", code: 1005, reason: "" }]);
  assert.deepEqual([...empty.answer], [0x88, 0x00]);
});

Deno.test("a close with a code or reason that cannot be sent says what can", () => {
  const { server } = pair();
  assert.throws(() => server.close(1006), {
    message: 'Cannot close with code "1006": no close frame may carry it; ' +
      "give 1000 to 1014 but 1004 to 1006, or 3000 to 4999",
  });
  assert.throws(() => server.close(1000, "ä".repeat(62)), RangeError);
  assert.throws(() => server.ping(new Uint8Array(126)), RangeError);
  server.sendFragment("text", "a", false);
  assert.throws(() => server.send("b"), { message: /another message is being sent/ });
});

const message = fc.oneof(
  fc.string({ unit: "binary", maxLength: 300 }),
  fc.uint8Array({ maxLength: 300 }),
  fc.integer({ min: 1000, max: 70_000 }).map((length) => new Uint8Array(length).fill(7)),
  fc.integer({ min: 1000, max: 70_000 }).map((length) => "ü-".repeat(length / 2)),
);
const deflate = fc.option(
  fc.record({
    serverNoContextTakeover: fc.boolean(),
    clientNoContextTakeover: fc.boolean(),
    serverMaxWindowBits: fc.integer({ min: 8, max: 15 }),
    clientMaxWindowBits: fc.integer({ min: 8, max: 15 }),
  }),
  { nil: undefined },
);

/** Of a long message: the difference of two takes gigabytes to be told. */
function brief(message: string | Uint8Array): string {
  const digest = createHash("sha256").update(message).digest("hex");
  return `${typeof message} of ${message.length}, ${digest}`;
}

Deno.test("what is sent arrives, however it is cut, compressed and in which direction", () => {
  fc.assert(
    fc.property(
      ...[fc.array(message, { maxLength: 6 }), deflate, fc.boolean()] as const,
      fc.array(fc.integer({ min: 1, max: 20_000 }), { minLength: 1, maxLength: 5 }),
      (messages, deflate, up, cuts) => {
        const { client, server } = pair({ deflate, compressFromBytes: 0 });
        const [from, to] = up ? [client, server] : [server, client];
        for (const message of messages) from.send(message);
        const bytes = from.take();
        const events: WebSocketEvent[] = [];
        for (let at = 0, i = 0; at < bytes.length; i++) {
          const end = at + cuts[i % cuts.length]!;
          events.push(...to.receive(bytes.subarray(at, end)));
          at = end;
        }
        assert.deepEqual(
          events.map((event) =>
            event.type === "text" ? brief(event.text) : "bytes" in event && brief(event.bytes)
          ),
          messages.map((message) =>
            brief(typeof message === "string" ? message.toWellFormed() : message)
          ),
        );
      },
    ),
    { numRuns: 300, seed: 8 },
  );
});

Deno.test("octet by octet gives the same events as in one piece", () => {
  const frames = [
    { opcode: 1, fin: false, payload: "grü" },
    { opcode: 9, payload: "p" },
    { opcode: 0, payload: "ße" },
    { opcode: 2, payload: new Uint8Array(300) },
    { opcode: 8, payload: Uint8Array.of(3, 232) },
  ];
  const { events } = serverGets(frames);
  const { server } = pair();
  const bytes = frames.flatMap((frame) => [...encodeRawFrame(frame)]);
  const slowly = bytes.flatMap((octet) => [...server.receive(Uint8Array.of(octet))]);
  assert.deepEqual(slowly, events);
  assert.equal(events.length, 4);
});

Deno.test("after the peer's close frame what is left to say may be said, then it is answered", () => {
  const { server } = pair();
  server.receive(encodeRawFrame({ opcode: 8, payload: Uint8Array.of(3, 232) }));
  assert.equal(server.ended, true);
  assert.equal(server.send("a"), true);
  assert.equal(server.answerClose(), true);
  assert.equal(server.answerClose(), false);
  assert.deepEqual([...server.take()], [0x81, 0x01, 0x61, 0x88, 0x02, 0x03, 0xe8]);
});
