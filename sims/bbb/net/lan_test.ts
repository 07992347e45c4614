import assert from "node:assert/strict";
import { loadParts, Random, saveParts, VirtualClock } from "sims/engine/mod.ts";
import { type Fate, Lan, type LanFaults, lineTimeNs } from "./lan.ts";

function segment(faults: LanFaults = {}) {
  const clock = new VirtualClock("test");
  const lan = new Lan({ name: "lan", clock, random: new Random(1), faults });
  const [a, b, c] = [lan.port("a"), lan.port("b"), lan.port("c")];
  const arrived: string[] = [];
  const listen = (name: string, port = b) => {
    port.onFrame = (frame, { badFcs }) =>
      void arrived.push(`${clock.now()} ${name} ${frame[0]}${badFcs ? " bad" : ""}`);
  };
  listen("b", b);
  listen("c", c);
  const fates: Fate[] = [];
  lan.observe(({ fate }) => fates.push(fate));
  return { clock, lan, a, b, c, arrived, fates };
}

const frame = (first: number, length = 60) => new Uint8Array(length).fill(first);

Deno.test("a frame arrives at all other ports after its time on the line", () => {
  const { clock, a, arrived } = segment();
  a.send(frame(7, 1514));
  clock.runTo(1_000_000);
  // 1514 bytes, 4 of FCS and 8 of preamble at 100 Mbit/s, and the cable.
  assert.deepEqual(arrived, ["122380 b 7", "122380 c 7"]);
});

Deno.test("frames follow each other with the gap between them, and short ones are padded", () => {
  const { clock, a, b, arrived } = segment();
  a.send(frame(1, 14));
  a.send(frame(2, 60));
  assert.equal(a.freeAt, 2 * (60 + 12 + 12) * 80);
  let length = 0;
  const { onFrame } = b;
  b.onFrame = (frame, reception) => {
    length = frame.length;
    onFrame?.(frame, reception);
  };
  clock.runTo(1_000_000);
  assert.deepEqual(arrived, ["6060 b 1", "6060 c 1", "12780 b 2", "12780 c 2"]);
  assert.equal(length, 60);
});

Deno.test("a port at 10 Mbit/s takes ten times as long", () => {
  const { clock, a, arrived } = segment();
  a.speedMbps = 10;
  a.send(frame(1));
  clock.runTo(1_000_000);
  assert.equal(arrived[0], `${lineTimeNs(60, 10) + 300} b 1`);
  assert.equal(lineTimeNs(60, 10), 57_600);
});

Deno.test("what is sent is a copy", () => {
  const { clock, a, arrived } = segment();
  const sent = frame(1);
  a.send(sent);
  sent[0] = 9;
  clock.runTo(1_000_000);
  assert.equal(arrived[0], "6060 b 1");
});

Deno.test("without its cable a port neither sends nor hears, and its owner is told", () => {
  const { clock, a, b, arrived } = segment();
  let told = 0;
  b.onPlug = () => void told++;
  b.unplug();
  b.unplug();
  a.send(frame(1));
  b.send(frame(2));
  clock.runTo(1_000_000);
  assert.deepEqual(arrived, ["6060 c 1"]);
  b.plug();
  assert.equal(told, 2);
  a.send(frame(3));
  clock.runTo(2_000_000);
  assert.deepEqual(arrived.slice(1).map((text) => text.slice(-3)), ["b 3", "c 3"]);
});

for (const [fault, fate] of [["loss", "lost"], ["damage", "damaged"]] as const) {
  Deno.test(`${fault} strikes about as often as it should`, () => {
    const { clock, a, arrived, fates } = segment({ [fault]: 0.1 });
    for (let i = 0; i < 2000; i++) a.send(frame(0));
    clock.runTo(1e9);
    const struck = fates.filter((name) => name === fate).length;
    assert.ok(struck > 150 && struck < 250, `${struck}`);
    assert.equal(fates.length, 2000);
    assert.equal(arrived.length, 2 * (fate === "lost" ? 2000 - struck : 2000));
  });
}

Deno.test("a corrupted frame arrives with a bad FCS, a duplicated one twice", () => {
  const corrupting = segment({ corruption: 1 });
  corrupting.a.send(frame(1));
  corrupting.clock.runTo(1e6);
  assert.match(corrupting.arrived[0]!, / bad$/);
  const duplicating = segment({ duplication: 1 });
  duplicating.a.send(frame(1));
  duplicating.clock.runTo(1e6);
  assert.deepEqual(duplicating.arrived, ["6060 b 1", "6060 c 1", "6360 b 1", "6360 c 1"]);
  assert.deepEqual(duplicating.fates, ["duplicated"]);
});

Deno.test("delays keep the order, reordering does not", () => {
  const order = (faults: LanFaults) => {
    const { clock, a, arrived } = segment(faults);
    for (let i = 0; i < 200; i++) a.send(frame(i));
    clock.runTo(1e9);
    return arrived.filter((text) => text.includes(" b ")).map((text) => Number(text.split(" ")[2]));
  };
  const sorted = Array.from({ length: 200 }, (_, i) => i);
  assert.deepEqual(order({ delayNs: [0, 1_000_000] }), sorted);
  const shuffled = order({ reordering: 0.1, reorderingDelayNs: 20_000 });
  assert.notDeepEqual(shuffled, sorted);
  assert.deepEqual(shuffled.toSorted((a, b) => a - b), sorted);
});

Deno.test("one frame can be picked to be lost", () => {
  const { clock, lan, a, arrived, fates } = segment();
  lan.intercept = (frame) => frame[0] === 2 ? "lost" : undefined;
  for (const first of [1, 2, 3]) a.send(frame(first));
  clock.runTo(1e6);
  assert.deepEqual(fates, ["delivered", "lost", "delivered"]);
  assert.equal(arrived.length, 4);
});

Deno.test("restoring at any moment changes nothing that is to come", () => {
  const faults: LanFaults = {
    loss: 0.1,
    duplication: 0.1,
    damage: 0.1,
    reordering: 0.2,
    delayNs: [0, 9],
  };
  const run = (restoreAt: number) => {
    let { clock, lan, a, arrived } = segment(faults);
    for (let t = 0; t < 100; t++) {
      if (t === restoreAt) {
        const saved = structuredClone(saveParts([lan]));
        const [at, before] = [clock.now(), arrived];
        ({ clock, lan, a, arrived } = segment(faults));
        clock.restore(at);
        loadParts([lan], saved);
        arrived.push(...before);
      }
      a.send(frame(t));
      clock.runTo((t + 1) * 5000);
    }
    clock.runTo(1e9);
    return arrived;
  };
  const expected = run(-1);
  for (let moment = 0; moment < 100; moment += 7) assert.deepEqual(run(moment), expected);
});

Deno.test("a name for two ports is refused", () => {
  assert.throws(() => segment().lan.port("a"), {
    message: 'Cannot add port "a" to "lan": there is one of that name; choose another',
  });
});
