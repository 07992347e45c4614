import { deepEqual, equal } from "node:assert/strict";
import { alternate, atLeast, atMost, median } from "./benchmark.ts";
import { table } from "./table.ts";

Deno.test("a median is the middle one, or between the two in the middle", () => {
  equal(median([9, 1, 5]), 5);
  equal(median([9, 1, 5, 6]), 5.5);
});

Deno.test("contestants take turns, every second round backwards, and each gets its median", async () => {
  const order: string[] = [];
  const giving = (name: string, values: number[]) => () => {
    order.push(name);
    return Promise.resolve(values.shift()!);
  };
  const found = await alternate(3, { a: giving("a", [1, 100, 3]), b: giving("b", [7, 8, 0]) });
  deepEqual(found, { a: 3, b: 7 });
  deepEqual(order, ["a", "b", "b", "a", "a", "b"]);
});

Deno.test("a limit is met when it is just reached", () => {
  deepEqual(atLeast(20, 20, "MB/s"), { text: "≥ 20 MB/s", met: true });
  deepEqual(atLeast(19.9, 20, "MB/s"), { text: "≥ 20 MB/s", met: false });
  deepEqual(atMost(2, 2, "ms"), { text: "≤ 2 ms", met: true });
  deepEqual(atMost(2.1, 2, "ms"), { text: "≤ 2 ms", met: false });
});

Deno.test("the table shows ours, the peer, their ratio, what is wanted, and whether it is met", () => {
  const figures = [
    { what: "match 20 MB", unit: "MB/s", ours: 51.26, peer: { name: "pexpect", value: 0.2 } },
    { what: "lost", unit: "bytes", ours: 0, wanted: atMost(0, 0, "bytes") },
    { what: "a command", unit: "ms", ours: 1.234, wanted: atMost(1.234, 1, "ms") },
  ];
  deepEqual(table("console", figures).split("\n"), [
    "console      ours       peer                ours / peer  wanted",
    "match 20 MB  51.3 MB/s  0.2 MB/s (pexpect)  256",
    "lost         0 bytes                                     ≤ 0 bytes  met",
    "a command    1.23 ms                                     ≤ 1 ms     NOT MET",
  ]);
});
