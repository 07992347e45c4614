import assert from "node:assert/strict";
import type { TraceBody } from "../../trace/mod.ts";
import { inFolder, rx, tx, writeTrace } from "../_samples.ts";
import { Comparison } from "./compare.ts";

const END: TraceBody = { type: "end", outcome: "passed", environment: { durationMs: 1 } };

/** Compares the lines of `now` with a trace. */
function compared(recorded: string, now: readonly string[]) {
  using comparison = new Comparison(recorded);
  for (const line of now) comparison.accept(line);
  return comparison.finish();
}

async function linesOf(path: string): Promise<string[]> {
  return (await Deno.readTextFile(path)).trimEnd().split("\n").slice(1);
}

Deno.test("the same events are the same, whatever the host's times and the order of keys", async () => {
  await inFolder(async (folder) => {
    const a = writeTrace(`${folder}/a.jsonl`, [tx("on\n"), rx("ok\n"), END]);
    const b = await linesOf(writeTrace(`${folder}/b.jsonl`, [tx("on\n"), rx("ok\n"), {
      ...END,
      environment: { durationMs: 2 },
    }]));
    assert.deepEqual(compared(a, b), { same: 3, lost: 0, cutOff: false });
    const turned = b.map((line) =>
      JSON.stringify(Object.fromEntries(Object.entries(JSON.parse(line)).reverse()))
    );
    assert.deepEqual(compared(a, turned), { same: 3, lost: 0, cutOff: false });
  });
});

Deno.test("the first other event is shown from both sides, with what was before it", async () => {
  await inFolder(async (folder) => {
    const a = writeTrace(`${folder}/a.jsonl`, [tx("on\n"), rx("ok\n"), END]);
    const b = await linesOf(writeTrace(`${folder}/b.jsonl`, [tx("on\n"), rx("no\n"), END]));
    const { same, difference } = compared(a, b);
    assert.equal(same, 1);
    assert.deepEqual(
      [difference?.recorded, difference?.now].map((side) => side && "text" in side && side.text),
      ["ok\n", "no\n"],
    );
    assert.deepEqual(difference?.before.map(({ seq }) => seq), [1]);
    const late = await linesOf(
      writeTrace(`${folder}/c.jsonl`, [tx("on\n"), { ...rx("ok\n"), ms: 9 }, END]),
    );
    assert.deepEqual(compared(a, late).difference?.now?.t, 9e6, "a nanosecond is a difference");
    const less = compared(a, b.slice(0, 1)).difference;
    assert.deepEqual([less?.recorded?.seq, less?.now], [2, undefined]);
    const more = await linesOf(
      writeTrace(`${folder}/d.jsonl`, [tx("on\n"), rx("ok\n"), END, rx("?")]),
    );
    assert.deepEqual([compared(a, more).difference?.now?.seq], [4]);
  });
});

Deno.test("a recording that was cut off, interrupted or damaged is compared as far as it is there", async () => {
  await inFolder(async (folder) => {
    const bodies = [tx("on\n"), rx("ok\n"), rx("done\n"), END];
    const now = await linesOf(writeTrace(`${folder}/now.jsonl`, bodies));
    const text = await Deno.readTextFile(writeTrace(`${folder}/a.jsonl`, bodies));
    const as = async (text: string) => {
      await Deno.writeTextFile(`${folder}/b.jsonl`, text);
      return compared(`${folder}/b.jsonl`, now);
    };
    assert.deepEqual(await as(text.slice(0, -80)), { same: 3, lost: 0, cutOff: true });
    const lines = text.trimEnd().split("\n");
    assert.deepEqual(await as(lines.slice(0, 3).join("\n")), { same: 2, lost: 0, cutOff: true });
    assert.deepEqual(await as(lines.with(2, "x\u0000{").join("\n")), {
      same: 3,
      lost: 1,
      cutOff: false,
    });
    assert.deepEqual(await as(lines.toSpliced(2, 1).join("\n")), {
      same: 3,
      lost: 1,
      cutOff: false,
    });
    const stopped = { type: "end", outcome: "interrupted" } as const;
    writeTrace(`${folder}/c.jsonl`, [...bodies.slice(0, 2), stopped]);
    assert.deepEqual(compared(`${folder}/c.jsonl`, now), { same: 2, lost: 0, cutOff: true });
  });
});
