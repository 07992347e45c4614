import assert from "node:assert/strict";
import { Random } from "hil/time/mod.ts";
import { AmiError, type AmiMessage, AmiReader, formatAction } from "./ami_message.ts";

const GREETING = "Asterisk Call Manager/9.0.0\r\n";
const bytesOf = (text: string) => new TextEncoder().encode(text);

/** All messages of `text`, which comes in pieces by chance. */
function read(text: string, seed: number): { reader: AmiReader; messages: AmiMessage[] } {
  const [reader, random, bytes] = [new AmiReader(), new Random(seed), bytesOf(text)];
  const messages: AmiMessage[] = [];
  for (let at = 0; at < bytes.length;) {
    const size = 1 + random.below(20);
    messages.push(...reader.push(bytes.subarray(at, at += size)));
  }
  return { reader, messages };
}

Deno.test("messages are the same however the connection cuts them", () => {
  const text = `${GREETING}Response: Success\r\nActionID: 1\r\nMessage: grün: ✓\r\n\r\n\r\n` +
    "Event: Output\nOutput: a\nOutput:\nno field\n\n";
  for (let seed = 0; seed < 50; seed++) {
    const { reader, messages } = read(text, seed);
    assert.equal(reader.greeting, "Asterisk Call Manager/9.0.0");
    assert.deepEqual(messages.map(({ fields }) => fields), [
      [["Response", "Success"], ["ActionID", "1"], ["Message", "grün: ✓"]],
      [["Event", "Output"], ["Output", "a"], ["Output", ""]],
    ]);
    assert.equal(messages[0]!.get("actionid"), "1");
    assert.equal(messages[0]!.get("Output"), undefined);
  }
});

Deno.test("any bytes are messages or are left alone; no name is empty", () => {
  const random = new Random(1);
  const parts = ["\r\n", "\n", "\r", ":", " ", "Event", "x", "\0", "\u{1F40C}", "\r\n\r\n"];
  for (let n = 0; n < 1000; n++) {
    let text = "";
    for (let i = random.below(60); i > 0; i--) text += parts[random.below(parts.length)];
    const whole = read(text, 0).messages;
    assert.deepEqual(read(text, n).messages, whole);
    for (const { fields } of whole) {
      assert.ok(fields.length > 0);
      for (const [name] of fields) assert.notEqual(name, "");
    }
  }
});

Deno.test("a message without an end is refused before it fills the memory", () => {
  for (const endless of ["x".repeat(1000), "a: b\n".repeat(200)]) {
    const reader = new AmiReader();
    reader.push(bytesOf(GREETING));
    assert.throws(() => {
      for (let n = 0; n < 100; n++) reader.push(bytesOf(endless));
    }, AmiError);
  }
  const reader = new AmiReader();
  reader.push(bytesOf(GREETING));
  for (let n = 0; n < 10_000; n++) reader.push(bytesOf("Event: many that end\r\n\r\n"));
});

Deno.test("an action is its lines, and a value is no second one", () => {
  const text = new TextDecoder().decode(formatAction("Login", { Username: "a b" }));
  assert.equal(text, "Action: Login\r\nUsername: a b\r\n\r\n");
  for (const value of ["x\r\nAction: Command", "x\n", "\r"]) {
    assert.throws(() => formatAction("Login", { Username: value }), {
      name: "AmiError",
      message: 'Cannot send field "Username": it has an end of line; leave it out',
    });
  }
});
