import assert from "node:assert/strict";
import { BODIES, HEADER } from "./_samples.ts";
import type { TraceBody, TraceEvent } from "./event.ts";
import { PlainLog } from "./plain_log.ts";

function log(happened: readonly (readonly [t: number, body: TraceBody, clock?: string])[]): string {
  const format = new PlainLog();
  const lines = happened.map(([t, body, clock], i) => {
    return format.event({ seq: i + 1, t, ...(clock && { clock }), ...body } as TraceEvent);
  });
  return lines.join("") + format.end();
}

const said = (text: string, dir: "rx" | "tx" = "rx", channel = "uart0") =>
  ({ type: "bytes", channel, dir, text }) as const;

Deno.test("all channels are merged, a line each with time, channel and direction", () => {
  const text = log([
    [0, { type: "step.begin", id: 1, name: "boot" }],
    [1_000, said("U-Bo")],
    [2_000, said("kernel\n", "rx", "uart1")],
    [1_500_000_003, said("ot\r\n=> ")],
    [1_600_000_000, said("boot\n", "tx")],
    [1_700_000_000, { type: "signal", channel: "GPIO 55", kind: "rise", data: { level: 1 } }],
    [1_800_000_000, { type: "step.end", id: 1, ok: false, error: "no\nprompt" }],
  ]);
  assert.deepEqual(text.split("\n"), [
    "0.000000000\tstep\tbegin\tboot",
    "0.000002000\tuart1\trx\tkernel",
    "1.500000003\tuart0\trx\tU-Boot",
    "1.500000003\tuart0\trx\t=> ",
    "1.600000000\tuart0\ttx\tboot",
    '1.700000000\tGPIO 55\trise\t{"level":1}',
    "1.800000000\tstep\tfailed\tno ⏎ prompt",
    "",
  ]);
});

Deno.test("another clock is named, and what has no end is there when the trace is cut off", () => {
  assert.equal(log([[5, said("login: "), "guest"]]), "0.000000005@guest\tuart0\trx\tlogin: \n");
});

Deno.test("nothing in it moves the cursor, and bytes that are no text are told in hex", () => {
  const base64 = Uint8Array.of(0xff, 0x41, 0x5c, 0x00).toBase64();
  const text = log([
    [1, said("\x1b[2Jred\u0085\n")],
    [2, { type: "bytes", channel: "spi", dir: "tx", base64 }],
    [3, { type: "log", level: "info", text: "a\x07\tb" }],
  ]);
  assert.match(text, /\tuart0\trx\t\\x1b\[2Jred\\x85\n/);
  assert.match(text, /\tspi\ttx\t\\xffA\\x5c\\x00\n/);
  assert.match(text, /\tlog\tinfo\ta\\x07\tb\n/);
});

Deno.test("a link without newlines is cut, and never held for long", () => {
  const format = new PlainLog();
  const pieces = Array.from({ length: 300 }, (_, i) => {
    return format.event({ seq: i + 1, t: i, ...said("y".repeat(10)) });
  });
  assert.equal(pieces.filter(Boolean).length, 2);
  const all = (pieces.join("") + format.end()).match(/y/g)!;
  assert.equal(all.length, 3000);
});

Deno.test("there is a line for every type of event, behind a head that names the scenario", () => {
  const format = new PlainLog();
  const head = format.begin(HEADER);
  assert.equal(
    head,
    "# a press toggles the LED (scenarios/bbb/led.scenario.ts:12), seed 7, bench desk\n",
  );
  const text = log(BODIES.map((body, i) => [i, body] as const));
  for (const line of text.trimEnd().split("\n")) {
    assert.match(line, /^\d+\.\d{9}\t[^\t]+\t[^\t]+\t/, line);
  }
  const types = new Set(BODIES.map(({ type }) => type));
  assert.ok(text.split("\n").length > types.size);
});
