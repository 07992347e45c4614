import { deepEqual } from "node:assert/strict";
import { onReading, readTrace, TraceWriter } from "./mod.ts";

Deno.test("who waits is told of each piece of a trace that is read, and when it was the last", async () => {
  const folder = await Deno.makeTempDir({ prefix: "hil-reading-" });
  try {
    const path = `${folder}/trace.jsonl`;
    const header = {
      ...{ trace: 2, scenario: "a", file: "a.scenario.ts", line: 3, seed: 7, bench: "desk" },
      ...{ targets: {}, environment: {} },
    };
    const writer = TraceWriter.create(path, header);
    for (let i = 0; i < 5000; i++) {
      writer.append({ type: "log", level: "info", text: "x".repeat(50) });
    }
    writer.close();
    const { size } = await Deno.stat(path);
    const trace = await readTrace(path);
    const told: (number | undefined)[] = [];
    onReading((of, bytes) => {
      deepEqual(of, path);
      told.push(bytes);
    });
    for await (const _ of trace) { /* Only read. */ }
    deepEqual(told, [256 * 1024, 512 * 1024, size, undefined].filter((at) => (at ?? 0) <= size));
    onReading(undefined);
    for await (const _ of trace) { /* Nobody is told. */ }
    deepEqual(told.at(-1), undefined);
  } finally {
    onReading(undefined);
    await Deno.remove(folder, { recursive: true });
  }
});
