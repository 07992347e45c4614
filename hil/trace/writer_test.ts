import { deepEqual, equal, match, ok, throws } from "node:assert/strict";
import { BODIES, events, HEADER, inFolder, traceText } from "./_samples.ts";
import type { TraceEvent } from "./event.ts";
import { readTrace, TraceReadError, TraceWriteError, TraceWriter } from "./mod.ts";
import type { TraceFile } from "./writer.ts";

/** A disk that takes `room` bytes in all, and half of what does not fit. */
class SmallDisk implements TraceFile {
  bytes: number[] = [];
  closed = false;
  canTruncate = true;

  constructor(public room: number, private readonly piece: number = Infinity) {}

  writeSync(bytes: Uint8Array): number {
    const free = this.room - this.bytes.length;
    if (free <= 0) throw Object.assign(new Error("No space left"), { code: "ENOSPC" });
    const taken = bytes.subarray(0, Math.min(free, this.piece));
    this.bytes.push(...taken);
    return taken.length;
  }

  truncateSync(length: number): void {
    if (!this.canTruncate) throw new Error("cannot truncate");
    this.bytes.length = length;
  }

  close(): void {
    this.closed = true;
  }

  get text(): string {
    return new TextDecoder().decode(Uint8Array.from(this.bytes));
  }
}

const log = (seq: number, text: string): TraceEvent => ({
  seq,
  t: seq,
  type: "log",
  level: "info",
  text,
});

async function all(path: string): Promise<TraceEvent[]> {
  return await Array.fromAsync(await readTrace(path));
}

Deno.test("what the writer wrote is what the reader gives", () =>
  inFolder(async (folder) => {
    const path = `${folder}/new/run/trace.jsonl`;
    const writer = TraceWriter.create(path, HEADER);
    for (const event of events()) writer.write(event);
    writer.close();
    const trace = await readTrace(path);
    deepEqual(trace.header, HEADER);
    deepEqual(await all(path), events());
    deepEqual(trace.problems, []);
  }));

Deno.test("each event is in the file as soon as it is written", () =>
  inFolder((folder) => {
    const path = `${folder}/trace.jsonl`;
    const writer = TraceWriter.create(path, HEADER);
    for (const [i, event] of events().entries()) {
      writer.write(event);
      equal(Deno.readTextFileSync(path), traceText(HEADER, events().slice(0, i + 1)));
    }
    writer.close();
  }));

Deno.test("an event longer than the buffer, of three-byte characters, is written whole", () =>
  inFolder(async (folder) => {
    const path = `${folder}/trace.jsonl`;
    const writer = TraceWriter.create(path, HEADER);
    const sizes = [65_000, 65_534, 65_535, 65_536, 65_537, 300_000];
    const written = sizes.flatMap((size, i) => [
      log(2 * i + 1, "✓".repeat(size / 3)),
      log(
        2 * i + 2,
        "x".repeat(size - `{"seq":1,"t":1,"type":"log","level":"info","text":""}`.length),
      ),
    ]);
    for (const event of written) writer.write(event);
    writer.close();
    deepEqual(await all(path), written);
  }));

Deno.test("a second trace does not overwrite the first", () =>
  inFolder((folder) => {
    const path = `${folder}/trace.jsonl`;
    TraceWriter.create(path, HEADER).close();
    throws(() => TraceWriter.create(path, HEADER), {
      name: "TraceWriteError",
      code: "EEXIST",
      message: `Cannot write the trace "${path}": the file exists already; ` +
        `take another folder (a run: --reports DIR)`,
    });
  }));

Deno.test("a disk that takes few bytes at a time gets every byte", () => {
  const disk = new SmallDisk(Infinity, 7);
  const writer = TraceWriter.on(disk, "t", HEADER);
  for (const event of events()) writer.write(event);
  equal(disk.text, traceText());
});

Deno.test("a full disk is told once, later events are counted, the file ends with a whole line", () => {
  const whole = traceText(HEADER, [log(1, "one")]);
  const disk = new SmallDisk(whole.length + 20);
  const writer = TraceWriter.on(disk, "reports/runs/1/trace.jsonl", HEADER);
  writer.write(log(1, "one"));
  throws(() => writer.write(log(2, "two")), (error: unknown) => {
    ok(error instanceof TraceWriteError);
    equal(error.code, "ENOSPC");
    equal(
      error.message,
      'Cannot write the trace "reports/runs/1/trace.jsonl": no space is left on the device; ' +
        "free space there or take another folder (a run: --reports DIR)",
    );
    return true;
  });
  writer.write(log(3, "three"));
  writer.write(log(4, "four"));
  equal(disk.text, whole);
  equal(writer.lost, 3);
  equal(writer.failure?.code, "ENOSPC");
  writer.write({ seq: 5, t: 5, type: "end", outcome: "failed" });
  equal(writer.lost, 4);
  equal(disk.text, whole);
  writer.close();
  ok(disk.closed);
});

Deno.test("the end is written after all when space was freed", () => {
  const disk = new SmallDisk(traceText(HEADER, []).length + 5);
  const writer = TraceWriter.on(disk, "t", HEADER);
  throws(() => writer.write(log(1, "one")), TraceWriteError);
  disk.room = Infinity;
  writer.append({ type: "end", outcome: "interrupted" });
  equal(disk.text, traceText(HEADER, [{ seq: 2, t: 0, type: "end", outcome: "interrupted" }]));
  equal(writer.lost, 1);
});

Deno.test("when a torn line cannot be taken back, the next event gets a line of its own", () => {
  const disk = new SmallDisk(traceText(HEADER, []).length + 5);
  const writer = TraceWriter.on(disk, "t", HEADER);
  disk.canTruncate = false;
  throws(() => writer.write(log(1, "one")), TraceWriteError);
  disk.room = Infinity;
  writer.append({ type: "end", outcome: "interrupted" });
  match(disk.text, /\n\{"seq\n\{"seq":2,.*\}\n$/);
});

Deno.test("a header that does not fit fails the creation and closes the file", () => {
  const disk = new SmallDisk(5);
  throws(() => TraceWriter.on(disk, "t", HEADER), TraceWriteError);
  ok(disk.closed);
  equal(disk.text, "");
});

Deno.test("an event that no reader would take is refused", () => {
  const writer = TraceWriter.on(new SmallDisk(Infinity), "t", HEADER);
  throws(() => writer.write(log(1, "x".repeat(64 * 1024 * 1024))), RangeError);
  equal(writer.lost, 1);
});

Deno.test("a closed writer counts what still comes", () => {
  const writer = TraceWriter.on(new SmallDisk(Infinity), "t", HEADER);
  writer.close();
  writer.close();
  writer.write(log(1, "late"));
  equal(writer.lost, 1);
});

Deno.test("a reopened trace goes on after its last event, past a line that was cut off", () =>
  inFolder(async (folder) => {
    const path = `${folder}/trace.jsonl`;
    for (const [cut, lines, problem] of [["", 4, 0], ['{"seq":4,"t":40', 4, 1]] as const) {
      Deno.writeTextFileSync(path, traceText(HEADER, events(BODIES.slice(0, 3))) + cut);
      const writer = TraceWriter.reopen(path);
      equal(writer.seq, 3);
      writer.append({ type: "end", outcome: "interrupted" });
      writer.close();
      const trace = await readTrace(path);
      const read = await Array.fromAsync(trace);
      equal(read.length, lines);
      deepEqual(read.at(-1), { seq: 4, t: 3000, type: "end", outcome: "interrupted" });
      equal(trace.problems.length, problem);
      equal(trace.cutOff, false);
    }
  }));

Deno.test("a trace that lacks only its last newline loses no event by reopening", () =>
  inFolder(async (folder) => {
    const path = `${folder}/trace.jsonl`;
    Deno.writeTextFileSync(path, traceText(HEADER, events(BODIES.slice(0, 3))).trimEnd());
    const writer = TraceWriter.reopen(path);
    writer.append({ type: "end", outcome: "interrupted" }, { t: 9, clock: "host" });
    writer.close();
    const read = await all(path);
    equal(read.length, 4);
    deepEqual(read.at(-1), { seq: 4, t: 9, clock: "host", type: "end", outcome: "interrupted" });
  }));

Deno.test("a trace with only its header can be reopened, whatever the length of its last line", () =>
  inFolder((folder) => {
    const path = `${folder}/trace.jsonl`;
    Deno.writeTextFileSync(path, traceText(HEADER, []) + "{".repeat(500_000));
    const writer = TraceWriter.reopen(path);
    equal(writer.seq, 0);
    writer.close();
  }));

Deno.test("a file that is no trace cannot be reopened", () =>
  inFolder((folder) => {
    const path = `${folder}/trace.jsonl`;
    const reason = (wanted: string) => (error: unknown) =>
      error instanceof TraceReadError && error.reason === wanted;
    throws(() => TraceWriter.reopen(path), reason("missing"));
    Deno.writeTextFileSync(path, "");
    throws(() => TraceWriter.reopen(path), reason("empty"));
    Deno.writeTextFileSync(path, "hello\n");
    throws(() => TraceWriter.reopen(path), reason("not-a-trace"));
  }));

Deno.test("a killed process leaves everything up to that moment", () =>
  inFolder(async (folder) => {
    const path = `${folder}/trace.jsonl`;
    const script = `
      import { TraceWriter } from ${JSON.stringify(import.meta.resolve("./writer.ts"))};
      const writer = TraceWriter.create(Deno.args[0], JSON.parse(Deno.args[1]));
      for (let seq = 1;; seq++) {
        writer.write({ seq, t: seq, type: "log", level: "info", text: "x".repeat(seq % 100) });
        if (seq === 5000) console.log("5000");
      }`;
    Deno.writeTextFileSync(`${folder}/forever.ts`, script);
    const child = new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "--no-lock",
        "--no-config",
        "-A",
        `${folder}/forever.ts`,
        path,
        JSON.stringify(HEADER),
      ],
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    const reader = child.stdout.getReader();
    await reader.read();
    child.kill("SIGKILL");
    await child.status;
    await reader.cancel();
    const trace = await readTrace(path);
    let count = 0;
    for await (const event of trace) equal(event.seq, ++count);
    ok(count >= 5000, `only ${count} events`);
    ok(trace.cutOff);
    deepEqual(trace.problems, []);
  }));
