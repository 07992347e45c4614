import assert from "node:assert/strict";
import { events, HEADER, inFolder, seeded, traceText } from "./_samples.ts";
import { readEnd } from "./end.ts";
import { TraceReadError } from "./mod.ts";

Deno.test("the end is the last whole event, its time, and whether the file ends with a line", () =>
  inFolder((folder) => {
    const path = `${folder}/t.jsonl`;
    const text = traceText();
    const last = events().at(-1)!;
    const cases = [
      [text, last.seq, last.t, false],
      [text.trimEnd(), last.seq, last.t, true],
      [text.slice(0, -5), last.seq - 1, last.t - 1000, true],
      [`${text}damage\n\n{"seq":1}\n`, last.seq, last.t, false],
      [`${text}${"x".repeat(300_000)}`, last.seq, last.t, true],
      [traceText(HEADER, []), 0, 0, false],
    ] as const;
    for (const [contents, seq, t, torn] of cases) {
      Deno.writeTextFileSync(path, contents);
      const { event, ...end } = readEnd(path);
      assert.deepEqual(end, { length: contents.length + gap(contents), seq, t, torn });
      assert.equal(event?.seq ?? 0, seq);
    }
  }));

/** UTF-8 bytes beyond one a code unit. */
function gap(text: string): number {
  return new TextEncoder().encode(text).length - text.length;
}

Deno.test("an event longer than the first look is found", () =>
  inFolder((folder) => {
    const path = `${folder}/t.jsonl`;
    const long = { seq: 2, t: 5, type: "log", level: "info", text: "y".repeat(1_500_000) };
    Deno.writeTextFileSync(path, traceText(HEADER, [events()[0]!, long]));
    const { seq, t } = readEnd(path);
    assert.deepEqual([seq, t], [2, 5]);
  }));

Deno.test("however a trace is cut, its end is the last event that is whole", () =>
  inFolder((folder) => {
    const path = `${folder}/t.jsonl`;
    const bytes = new TextEncoder().encode(traceText());
    const random = seeded(3);
    // Where each line ends, without its newline: the header's, then those of the events.
    const ends = [...bytes.keys()].filter((i) => bytes[i] === 0x0a);
    for (let round = 0; round < 200; round++) {
      const size = ends[0]! + random(bytes.length - ends[0]! + 1);
      Deno.writeFileSync(path, bytes.slice(0, size));
      const whole = ends.filter((end) => end <= size).length - 1;
      const { seq, t, length, torn } = readEnd(path);
      assert.deepEqual({ seq, t, length }, { seq: whole, t: whole * 1000, length: size });
      assert.equal(torn, bytes[size - 1] !== 0x0a);
    }
  }));

Deno.test("what is no trace says why and what to do", () =>
  inFolder((folder) => {
    const path = `${folder}/t.jsonl`;
    const refused = (reason: string, message: string) =>
      assert.throws(() => readEnd(path), (error: unknown) => {
        assert.ok(error instanceof TraceReadError);
        assert.equal(error.reason, reason);
        assert.ok(error.message.endsWith(message), error.message);
        return true;
      });
    refused("missing", "there is no such file; give the path of a trace.jsonl");
    Deno.writeTextFileSync(path, "");
    refused("empty", "it is empty; make a new one");
    Deno.writeTextFileSync(path, "{}\n[]\n");
    refused("not-a-trace", "no line of it is an event; make a new one");
  }));
