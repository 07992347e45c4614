import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { BODIES, events, HEADER, inFolder, seeded, traceText } from "./_samples.ts";
import type { TraceEvent } from "./event.ts";
import { readTrace, summarize, traceHash, TraceReadError } from "./mod.ts";

/** Everything that reading a file of these bytes gives. */
async function read(content: string | Uint8Array) {
  let result!: { events: TraceEvent[]; problems: string[]; cutOff: boolean; scenario: string };
  await inFolder(async (folder) => {
    const path = `${folder}/trace.jsonl`;
    await (typeof content === "string"
      ? Deno.writeTextFile(path, content)
      : Deno.writeFile(path, content));
    const trace = await readTrace(path);
    const list = await Array.fromAsync(trace);
    result = {
      events: list,
      problems: trace.problems.map((problem) => problem.message),
      cutOff: trace.cutOff,
      scenario: trace.header.scenario,
    };
  });
  return result;
}

async function refusal(content: string): Promise<string> {
  const error = await read(content).then(() => undefined, (error) => error);
  ok(error instanceof TraceReadError, `${error}`);
  return error.message.replace(/"[^"]*"/, '"…"');
}

Deno.test("a last line that was cut off is reported and costs nothing else", async () => {
  const { events: list, problems, cutOff } = await read(traceText().slice(0, -10));
  deepEqual(list, events().slice(0, -1));
  deepEqual(problems, ["line 15 is cut off"]);
  ok(cutOff);
});

Deno.test("damaged lines in the middle are reported by number and reading goes on", async () => {
  const lines = traceText().trimEnd().split("\n");
  lines[3] = lines[3]!.replace('"type"', "#");
  lines[6] = '{"seq":6,"t":1,"type":"nonsense"}';
  lines[8] = '{"seq":8,"t":1,"type":"log"}';
  lines.splice(10, 0, "\0\0\0", "");
  const { events: list, problems } = await read(lines.join("\n"));
  equal(list.length, BODIES.length - 3);
  deepEqual(problems, [
    "line 4 is damaged (it is not JSON)",
    'line 7 is damaged (its type "nonsense" is unknown)',
    "line 9 is damaged (its level is no string)",
    "line 11 is damaged (it is not JSON)",
  ]);
});

Deno.test("a time that is no whole number from 0 on is damage", async () => {
  const lines = traceText().trimEnd().split("\n");
  for (const [i, t] of ["-1", "0.5", "1e300", "9007199254740992", '"7"', "null"].entries()) {
    lines[i + 2] = lines[i + 2]!.replace(/"t":\d+/, `"t":${t}`);
  }
  lines[8] = lines[8]!.replace(/"t":\d+,/, "");
  const { events: list, problems } = await read(lines.join("\n") + "\n");
  equal(list.length, BODIES.length - 7);
  const why = (line: number) => line === 9 ? "it has no time" : WRONG_TIME;
  deepEqual(problems, [3, 4, 5, 6, 7, 8, 9].map((n) => `line ${n} is damaged (${why(n)})`));
});
const WRONG_TIME = "its time is no whole number of nanoseconds from 0 on";

Deno.test("events that are missing without a trace are reported", async () => {
  const some = events().filter(({ seq }) => seq !== 3 && seq !== 6 && seq !== 7);
  const { problems } = await read(traceText(HEADER, [...some, some[0]!]));
  deepEqual(problems, [
    "event 3 is missing before line 4",
    "events 6 to 7 are missing before line 6",
    "line 13 has event 1 after event 14",
  ]);
});

Deno.test("a byte that is not UTF-8 does not pass for a character", async () => {
  const bytes = new TextEncoder().encode(traceText());
  bytes[traceText().indexOf("System")] = 0xff;
  const { events: list, problems } = await read(bytes);
  equal(list.length, BODIES.length - 1);
  deepEqual(problems, ["line 3 is damaged (it is not UTF-8)"]);
});

Deno.test("a trace without its header still gives its events", async () => {
  const { events: list, problems, scenario } = await read("#" + traceText());
  deepEqual(list, events());
  deepEqual(problems, ["line 1, the header, is damaged"]);
  equal(scenario, "(unknown)");
});

Deno.test("a trace of Windows line ends reads the same", async () => {
  const { events: list, problems } = await read(traceText().replaceAll("\n", "\r\n"));
  deepEqual([list, problems], [events(), []]);
});

Deno.test("a trace can be iterated twice, and left in the middle", () =>
  inFolder(async (folder) => {
    const path = `${folder}/t.jsonl`;
    await Deno.writeTextFile(path, traceText());
    const trace = await readTrace(path);
    for await (const event of trace) if (event.seq === 2) break;
    ok(trace.cutOff);
    equal((await Array.fromAsync(trace)).length, BODIES.length);
    ok(!trace.cutOff);
  }));

Deno.test("a newer version is refused with both versions and the remedy", async () => {
  equal(
    await refusal(traceText({ ...HEADER, trace: 3 })),
    'Cannot read the trace "…": it is of version 3 and this harness reads versions 1 to 2; ' +
      "update the harness, or use the one that wrote it",
  );
});

Deno.test("of a newer version, what is known can be read, and that is told", () =>
  inFolder(async (folder) => {
    const path = `${folder}/t.jsonl`;
    const header = { ...HEADER, trace: 3, targets: 5, colour: "blue" };
    const lines = [...events(), { seq: events().length + 1, t: 99, type: "smell", of: "smoke" }];
    await Deno.writeTextFile(path, traceText(header, lines));
    const trace = await readTrace(path, { newer: true });
    deepEqual(await Array.fromAsync(trace), events());
    deepEqual([trace.header.scenario, trace.header.targets], [HEADER.scenario, {}]);
    deepEqual(trace.problems.map(({ message }) => message), [
      "line 1 is of version 3: what is known of it is read",
      `line 16 is damaged (its type "smell" is unknown)`,
    ]);
  }));

Deno.test("of a file that is damaged all over, the first thousand problems are told", async () => {
  const { problems } = await read(traceText() + "nonsense\n".repeat(5000));
  equal(problems.length, 1001);
  equal(problems.at(-1), "4000 more problems, the last one at line 5015");
});

Deno.test("what is something else is refused by its name", async () => {
  const of = async (hex: string) => {
    const bytes = new Uint8Array([...Uint8Array.fromHex(hex), ...new Uint8Array(40)]);
    const error = await read(bytes).catch((error) => error);
    return (error as Error).message;
  };
  match(await of("1f8b0800"), /: it is compressed by gzip; unpack it with gunzip$/);
  match(await of("504b0304"), /: it is a ZIP archive; unpack it$/);
  match(
    await of("0a0d0d0a1c"),
    /: it is a capture of packets; make a trace of it with: hil import/,
  );
  match(await of("d4c3b2a102"), /: it is a capture of packets/);
});

Deno.test("a file of ten gigabytes without a line end is refused soon", () =>
  inFolder(async (folder) => {
    const path = `${folder}/t.jsonl`;
    using file = await Deno.create(path);
    await file.truncate(10 * 1024 ** 3); // Takes no space: a hole.
    await rejects(
      readTrace(path),
      /: its first line is longer than \d+ bytes; give the path of a trace/,
    );
  }));

Deno.test("what is no trace is refused with what to do", async () => {
  match(await refusal(""), /: it is empty; its run was killed before it could write, so run/);
  match(await refusal("hello\nworld\n"), /: its first line is no trace header; give the path/);
  match(await refusal(traceText().slice(0, 50)), /: it is cut off within its first line, or no/);
  await rejects(() => readTrace("no/such/file"), {
    name: "TraceReadError",
    reason: "missing",
    message: 'Cannot read the trace "no/such/file": there is no such file; ' +
      "give the path of a trace.jsonl under reports/runs/",
  });
  await rejects(() => readTrace("."), {
    name: "TraceReadError",
    reason: "unreadable",
    message: `Cannot read the trace ".": it is a folder; give the path of a trace.jsonl in it`,
  });
});

Deno.test("a summary has outcome, steps, measurements, failure, attachments and log", () =>
  inFolder(async (folder) => {
    const path = `${folder}/t.jsonl`;
    await Deno.writeTextFile(path, traceText());
    const summary = await summarize(path);
    equal(summary.outcome, "failed");
    equal(summary.failure?.message, "too late\n  evidence");
    deepEqual(summary.steps.map(({ name, ok, parent }) => [name, ok, parent]), [
      ["boot", true, undefined],
      ["press", false, undefined],
      ["wait for the edge", false, 2],
    ]);
    deepEqual(summary.measurements.map(({ value, unit }) => [value, unit]), [[7.284, "ms"]]);
    deepEqual(summary.attachments.map(({ path }) => path), ["screen.png"]);
    equal(summary.output, "said by the scenario");
    deepEqual([summary.running, summary.cutOff, summary.lastT], [[], false, 14_000]);
  }));

Deno.test("the summary of a killed run names the steps that were running", () =>
  inFolder(async (folder) => {
    const path = `${folder}/t.jsonl`;
    await Deno.writeTextFile(path, traceText(HEADER, events(BODIES.slice(0, 8))));
    const { outcome, cutOff, running, failure } = await summarize(path);
    deepEqual([outcome, cutOff, failure], ["interrupted", true, undefined]);
    deepEqual(running, ["press", "wait for the edge"]);
  }));

Deno.test("a measured value that is no number reads as NaN", async () => {
  const body = { type: "measure", name: "x", value: NaN, unit: "V", verdict: "fail" };
  const { events: list } = await read(traceText(HEADER, [{ seq: 1, t: 0, ...body }]));
  deepEqual(list, [{ seq: 1, t: 0, ...body }]);
});

Deno.test("the hash leaves out the environment and the order of keys, and nothing else", () =>
  inFolder(async (folder) => {
    const hash = async (header: object, list: readonly object[]) => {
      await Deno.writeTextFile(`${folder}/t`, traceText(header, list));
      return await traceHash(`${folder}/t`);
    };
    const reversed = (fields: object) => Object.fromEntries(Object.entries(fields).reverse());
    const first = await hash(HEADER, events());
    match(first, /^[0-9a-f]{64}$/);
    const elsewhere = { ...reversed(HEADER), environment: { host: "there" } };
    const later = events().map((event) =>
      reversed(event.type === "end" ? { ...event, environment: { durationMs: 9 } } : event)
    );
    equal(await hash(elsewhere, later), first);
    ok(await hash({ ...HEADER, seed: 8 }, events()) !== first);
    ok(await hash(HEADER, events().slice(1)) !== first);
    const inside = events().map((event) =>
      event.type === "signal" ? { ...event, data: { environment: 1 } } : event
    );
    ok(await hash(HEADER, inside) !== first);
  }));

Deno.test("whatever happens to a file, the reader gives every intact line and no foreign error", () =>
  inFolder(async (folder) => {
    const path = `${folder}/t.jsonl`;
    const intact = new TextEncoder().encode(traceText());
    for (let seed = 1; seed <= 1500; seed++) {
      const { bytes, touched } = damage(intact, seeded(seed));
      await Deno.writeFile(path, bytes);
      const trace = await readTrace(path).catch((error) => {
        ok(error instanceof TraceReadError, `seed ${seed}: ${error}`);
        // Without its header, or with less than one whole event, there is nothing to give.
        ok(touched.has(1) || bytes.length === 0, `seed ${seed}: ${error.message}`);
      });
      if (!trace) continue;
      const got = new Set<string>();
      for await (const event of trace) got.add(JSON.stringify(event));
      for (const event of events()) {
        if (touched.has(event.seq + 1)) continue;
        ok(got.has(JSON.stringify(event)), `seed ${seed} lost event ${event.seq}`);
      }
      await summarize(path);
      await traceHash(path);
    }
  }));

/** Flips, cuts, inserts or removes bytes; `touched` are the lines (from 1) that are not intact. */
function damage(intact: Uint8Array, random: (below: number) => number) {
  const touched = new Set<number>();
  const lineAt = (at: number) => 1 + intact.subarray(0, at).filter((byte) => byte === 10).length;
  const lines = lineAt(intact.length) - 1;
  const at = random(intact.length), count = 1 + random(40);
  const touch = (from: number, to: number) => {
    // The newline before the first byte belongs to the line before.
    for (let line = lineAt(from); line <= Math.min(lines, lineAt(to)); line++) touched.add(line);
  };
  const noise = () => Uint8Array.from({ length: count }, () => random(256));
  const before = intact.subarray(0, at),
    after = intact.subarray(Math.min(intact.length, at + count));
  switch (random(4)) {
    case 0:
      touch(at, intact.length);
      return { bytes: before, touched };
    case 1: { // Some bytes flipped.
      const bytes = intact.slice();
      for (let i = 0; i < 1 + random(5); i++) {
        const where = random(bytes.length);
        bytes[where] = bytes[where]! ^ (1 << random(8));
        touch(where, where + 1);
      }
      return { bytes, touched };
    }
    case 2: // A stretch replaced by noise.
      touch(at, at + count);
      return { bytes: Uint8Array.from([...before, ...noise(), ...after]), touched };
    default: // A stretch removed.
      touch(at, at + count);
      return { bytes: Uint8Array.from([...before, ...after]), touched };
  }
}
