import assert from "node:assert/strict";
import { ms } from "hil";
import { VirtualClock } from "sims/engine/mod.ts";
import { SerialLink } from "./serial_link.ts";

function cable() {
  const clock = new VirtualClock("board");
  const arrived: [t: number, byte: number | "break"][] = [];
  const uart = {
    receive: (byte: number, errors?: { isBreak?: boolean }) =>
      void arrived.push([clock.now(), errors?.isBreak ? "break" : byte]),
  };
  const link = new SerialLink({ name: "uart0 cable", clock, uart });
  const handed: [t: number, text: string][] = [];
  link.listen((bytes) => handed.push([clock.now(), new TextDecoder().decode(bytes)]), () => {});
  const say = (text: string) => [...text].forEach((c) => link.receive(c.charCodeAt(0)));
  return { clock, link, arrived, handed, say };
}

Deno.test("what is told arrives byte by byte at the speed of the line", async () => {
  const { clock, link, arrived } = cable();
  await link.write(Uint8Array.of(1, 2));
  clock.runTo(100_000);
  await link.write(Uint8Array.of(3));
  clock.runTo(1_000_000);
  assert.deepEqual(arrived, [[86_806, 1], [173_612, 2], [260_418, 3]]);
});

Deno.test("a break comes behind what was told, holds up what follows, and is saved", async () => {
  const { clock, link, arrived } = cable();
  await link.write(Uint8Array.of(1));
  await link.sendBreak({ hold: ms(1) });
  const half = link.save();
  await link.write(Uint8Array.of(2));
  clock.runTo(300_000);
  assert.deepEqual(arrived, [[86_806, 1], [173_612, "break"]]);
  clock.runTo(1_173_612);
  assert.deepEqual(arrived.at(-1), [1_173_612, 2], "a frame after it is over");
  const again = cable();
  again.link.load(half);
  assert.deepEqual(again.link.save(), half);
  again.link.cut();
  await again.link.sendBreak({ hold: ms(1) });
  again.clock.runTo(500_000);
  await again.link.write(Uint8Array.of(3));
  again.clock.runTo(2_000_000);
  assert.deepEqual(again.arrived, [[86_806, "break"], [1_086_806, 3]]);
});

Deno.test("what is said is handed over at the end of a line, or a millisecond later", () => {
  const { clock, handed, say } = cable();
  say("U-Boot\n=>");
  clock.runTo(400_000);
  say(" ");
  clock.runTo(5_000_000);
  assert.deepEqual(handed, [[0, "U-Boot\n"], [1_000_000, "=> "]]);
});

Deno.test("restored in the middle it goes on as it was", async () => {
  const { clock, link, arrived, handed, say } = cable();
  await link.write(Uint8Array.of(1, 2, 3));
  clock.runTo(100_000);
  say("=>");
  const saved = JSON.parse(JSON.stringify(link.save()));
  clock.runTo(5_000_000);
  const first = [arrived.splice(1), handed.splice(0)];
  clock.restore(100_000);
  link.load(saved);
  link.settle();
  clock.runTo(5_000_000);
  assert.deepEqual([arrived.slice(1), handed], first);
});

Deno.test("a power cut takes what was on the way", async () => {
  const { clock, link, arrived } = cable();
  await link.write(Uint8Array.of(1, 2));
  clock.runTo(100_000);
  link.cut();
  clock.runTo(1_000_000);
  assert.equal(arrived.length, 1);
});
