import assert from "node:assert/strict";
import type { TraceBody, TraceEvent } from "./event.ts";
import { toVcd, VcdFormat } from "./vcd.ts";

function event(t: number, body: TraceBody, clock?: string): TraceEvent {
  return { seq: 1, t, ...(clock && { clock }), ...body };
}
const edge = (t: number, channel: string, kind: string, clock?: string) =>
  event(t, { type: "signal", channel, kind, data: { level: kind === "rise" ? 1 : 0 } }, clock);

Deno.test("edges become wires, whose level before the first one is known", () => {
  const vcd = toVcd([
    edge(5, "GPIO 55", "rise"),
    edge(90, "GPIO 66", "fall"),
    edge(90, "GPIO 55", "fall"),
  ], {
    title: "led",
  });
  assert.equal(
    vcd,
    `$version hil $end
$timescale 1ns $end
$scope module led $end
$var wire 1 ! GPIO_55 $end
$var wire 1 " GPIO_66 $end
$upscope $end
$enddefinitions $end
$dumpvars
0!
1"
$end
#5
1!
#90
0"
0!
`,
  );
});

Deno.test("other signals and consoles become strings without spaces", () => {
  const vcd = toVcd([
    event(1, { type: "signal", channel: "mmc", kind: "read", data: { block: 7 } }),
    event(2, { type: "bytes", channel: "uart0", dir: "rx", text: "=> \n" }),
    event(3, { type: "bytes", channel: "uart0", dir: "rx", text: "1" }),
  ]);
  assert.match(vcd, /\$var string 1 ! mmc \$end/);
  assert.match(vcd, /\$var string 1 " uart0.rx \$end/);
  assert.match(vcd, /\n#1\nsread\\x20\{"block":7\} !\n#2\ns=>\\x20\\x0a "\n#3\ns1_ "\n/);
});

Deno.test("time does not go back, and another clock's events stay out", () => {
  const vcd = toVcd([edge(9, "a", "rise"), edge(4, "b", "rise"), edge(1, "c", "rise", "host")]);
  assert.deepEqual(vcd.match(/^#.*/gm), ["#4", "#9"]);
  assert.match(toVcd([edge(1, "c", "rise", "host")], { clock: "host" }), /\n#1\n1!/);
});

Deno.test("a thousand channels have a thousand different names", () => {
  const events = Array.from({ length: 1000 }, (_, n) => edge(n, `pin ${n}`, "rise"));
  const ids = toVcd(events).match(/^\$var wire 1 (\S+) /gm)!;
  assert.equal(new Set(ids).size, 1000);
});

Deno.test("a file of any length is in order of time, and what comes far too late is not before it", () => {
  const last = 139_999;
  const events = Array.from({ length: last + 1 }, (_, n) => {
    // Every other one is 2,000 events late.
    const t = n % 2 ? 10 * n - 19_995 : 10 * n;
    return edge(Math.max(n, t), "a", n % 2 ? "fall" : "rise");
  });
  const format = new VcdFormat();
  events[last] = edge(1, "a", "fall");
  for (const event of events) format.survey(event);
  const text = events.map((event) => format.event(event)).join("") + format.end();
  const times = text.match(/^#\d+/gm)!.map((time) => Number(time.slice(1)));
  assert.ok(times.every((t, i) => i === 0 || t > times[i - 1]!));
  assert.equal(times.length, new Set(events.slice(0, last).map(({ t }) => t)).size);
  assert.equal(text.match(/^[01]!$/gm)!.length, events.length);
});
