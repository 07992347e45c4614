import { deepEqual, equal } from "node:assert/strict";
import { LOG_FORMATS, logFormat, LogReader } from "./log.ts";

/** Name of the format, then milliseconds and text of each line. */
function read(lines: readonly string[]) {
  const format = logFormat(lines);
  const reader = new LogReader(format, "console");
  const events = lines.map((line) => reader.event(new TextEncoder().encode(line)));
  const { untimed, boots, backwards } = reader;
  return {
    name: format?.name,
    events: events.map(({ t, text }) => [t / 1e6, text]),
    told: [untimed, boots, backwards],
  };
}

const CASES: readonly (readonly [name: string, first: string, second: string, ms: number])[] = [
  ["date", "[2026-11-25 09:43:55.464] up", "[2026-11-25 09:43:56.465] up", 1001],
  ["date", "[2026-12-31 23:59:59] up", "[2027-01-01 00:00:01] up", 2000],
  ["date", "2026-11-25T09:43:55.464Z up", "2026-11-25T09:43:55.5Z up", 36],
  ["date", "2026-11-25 09:43:55 up", "2026-11-25 09:44:55 up", 60_000],
  ["syslog", "Nov 25 09:43:55 up", "Nov 25 09:43:57 up", 2000],
  ["syslog", "Nov  5 09:43:55 up", "Nov  6 09:43:55 up", 86_400_000],
  ["clock", "[09:43:55.123] up", "[09:43:55.124] up", 1],
  ["clock", "23:59:59 up", "00:00:01 up", 2000],
  ["grabserial", "[1.234567 0.000123] up", "[2.234567 1.000000] up", 1000],
  ["delta", "[   +0.000] up", "[   +0.123] up", 123],
  ["epoch", "1764063835.123456 up", "1764063835.123457 up", 0.001],
];

Deno.test("times of the common tools are read, and taken away", () => {
  for (const [name, first, second, ms] of CASES) {
    const found = read([`${first}\n`, `${second}\n`]);
    deepEqual(found, { name, events: [[0, "up\n"], [ms, "up\n"]], told: [0, 0, 0] }, first);
  }
  deepEqual(
    new Set([...CASES.map(([name]) => name), "kernel"]),
    new Set(LOG_FORMATS.map((f) => f.name)),
  );
});

Deno.test("the kernel's own times stay, and go on when it boots again", () => {
  const lines = [
    "[    0.500000] a\n",
    "[    2.000000] b\n",
    "[    0.100000] c\n",
    "[    0.350000] d\n",
  ];
  deepEqual(read(lines), {
    name: "kernel",
    events: [[0, lines[0]], [1500, lines[1]], [1500, lines[2]], [1750, lines[3]]],
    told: [0, 1, 0],
  });
});

Deno.test("a line without a time has that of the line before", () => {
  const lines = ["2026-11-25 09:43:55 a\n", "  more\n", "2026-11-25 09:43:54 b\n"];
  deepEqual(read(lines).events, [[0, "a\n"], [0, "  more\n"], [0, "b\n"]]);
  deepEqual(read(lines).told, [1, 0, 1]);
});

Deno.test("a log without times has none, and what is no text is kept as bytes", () => {
  const { name, events } = read(["U-Boot 2026.01\r\n", "=> \r\n", "took 00:00:01 s\n"]);
  equal(name, undefined);
  deepEqual(events, [[0, "U-Boot 2026.01\r\n"], [0, "=> \r\n"], [0, "took 00:00:01 s\n"]]);
  const event = new LogReader(undefined, "c").event(Uint8Array.of(0xff, 10));
  equal(event.base64, "/wo=");
});
