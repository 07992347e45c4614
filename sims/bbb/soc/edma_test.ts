import assert from "node:assert/strict";
import { type Random, VirtualClock, Wire } from "sims/engine/mod.ts";
import { Bus } from "sims/bbb/bus.ts";
import { RAM } from "sims/bbb/cpu/layout.ts";
import { GuestMemory } from "sims/bbb/memory.ts";
import {
  registerTests,
  restoreTest,
  type Rig,
  steadyTest,
  type WalkOptions,
} from "./_registers.ts";
import { Edma, EDMA3CC } from "./edma.ts";
import { EdmaTc } from "./edma_tc.ts";

const DDR = RAM.DDR.base;
const offset = (name: keyof typeof EDMA3CC.index, n = 0) => {
  const { offset, stride = 4 } = EDMA3CC.specs[name] as { offset: number; stride?: number };
  return offset + n * stride;
};
const TCINTEN = 1 << 20,
  ITCINTEN = 1 << 21,
  TCCHEN = 1 << 22,
  ITCCHEN = 1 << 23,
  EARLY = 1 << 11,
  DAM = 2,
  AB = 1 << 2,
  STATIC = 1 << 3;
const tcc = (code: number) => code << 12;

/** One memory for all: it is large. */
const memory = new GuestMemory();

function rig(): Rig & {
  device: Edma;
  tcs: EdmaTc[];
  completion: Wire;
  error: Wire;
  tcError: Wire;
  bus: Bus;
} {
  const clock = new VirtualClock("test");
  const bus = new Bus(memory);
  const [completion, error] = [new Wire("12"), new Wire("14")];
  const tcErrors = [112, 113, 114].map((line) => new Wire(`${line}`));
  const tcs = [0, 1, 2].map((n) =>
    new EdmaTc({ name: `EDMA3TC${n}`, clock, bus, irq: tcErrors[n]!.driver("TC") })
  );
  const device = new Edma({
    clock,
    tcs,
    completion: completion.driver("EDMA3CC"),
    error: error.driver("EDMA3CC"),
  });
  const seen: string[] = [];
  completion.listen((level) => seen.push(`${level} at ${clock.now()}`));
  const events = [3, 24, 63].map((n) => device.event(n).driver("test"));
  return {
    clock,
    device,
    parts: [device, ...tcs, completion, error, ...tcErrors],
    seen,
    disturb: (random: Random) => {
      const event = events[random.below(events.length)]!;
      event.drive(random.below(2) as 0 | 1);
    },
    tcs,
    completion,
    error,
    tcError: tcErrors[0]!,
    bus,
  };
}

const SPECIAL = [
  "EMR",
  "QEMR",
  "CCERR",
  "ER",
  "CER",
  "EER",
  "SER",
  "IER",
  "IPR",
  "QER",
  "QEER",
  "QSER",
];
registerTests("EDMA3CC", rig, {
  apart: [
    ...SPECIAL,
    ...["EMCR", "QEMCR", "CCERRCLR", "ECR", "ESR", "EECR", "EESR", "SECR", "IECR", "IESR", "ICR"],
    ...["QEECR", "QEESR", "QSECR", "EEVAL", "IEVAL", "PARAM"],
  ],
});
const WALK: WalkOptions = {
  walks: 20,
  values: [0xffff_ffff, 1 << 24, 1 << 3, DDR, 0x0004_0004, 0x1_0004, 1],
  prepare: ({ device }) => {
    for (const [n, channel] of [3, 24, 63].entries()) {
      device.write(offset("DCHMAP", channel), (10 + n) << 5, 4);
      set(device as Edma, 10 + n, { opt: tcc(channel) | TCINTEN | ITCINTEN, acnt: 8, ccnt: 100 });
      device.write(offset("EESR", channel >>> 5), 1 << (channel & 31), 4);
    }
    device.write(offset("IESR"), 0xffff_ffff, 4);
    device.write(offset("DRAE"), 0xffff_ffff, 4);
  },
};
restoreTest("EDMA3CC", rig, WALK);
steadyTest("EDMA3CC", rig, WALK);

interface SetOptions {
  readonly opt: number;
  readonly source?: number;
  readonly destination?: number;
  readonly acnt: number;
  readonly bcnt?: number;
  readonly ccnt?: number;
  readonly bidx?: readonly [source: number, destination: number];
  readonly cidx?: readonly [source: number, destination: number];
  readonly link?: number;
  readonly bcntReload?: number;
}

/** Writes a parameter set. */
function set(device: Edma, n: number, options: SetOptions): void {
  const { source = DDR, destination = DDR + 0x1000, acnt, bcnt = 1, ccnt = 1 } = options;
  const pair = ([low, high]: readonly [number, number]) => (low & 0xffff | high << 16) >>> 0;
  const words = [
    options.opt,
    source,
    pair([acnt, bcnt]),
    destination,
    pair(options.bidx ?? [0, 0]),
    pair([options.link ?? 0xffff, options.bcntReload ?? 0]),
    pair(options.cidx ?? [0, 0]),
    ccnt,
  ];
  words.forEach((word, w) => device.write(0x4000 + 32 * n + 4 * w, word, 4));
}

const word = (device: Edma, n: number, w: number) => device.read(0x4000 + 32 * n + 4 * w, 4) >>> 0;

function channel(device: Edma, n: number, parameters: number): void {
  device.write(offset("DCHMAP", n), parameters << 5, 4);
  device.write(offset("DRAE"), 0xffff_ffff, 4);
  device.write(offset("DRAEH"), 0xffff_ffff, 4);
  device.write(offset("IESR", n >>> 5), 1 << (n & 31), 4);
}

const fill = (bytes: Uint8Array) => memory.load(DDR, bytes);
const moved = (length: number, at = DDR + 0x1000) => [...memory.bytes(at, length)];
const pattern = (length: number) => Uint8Array.from({ length }, (_, n) => n * 13 + 1);

Deno.test("EDMA: a program's event moves an array, says so by an interrupt, and leaves a null set", () => {
  const { device, clock, completion } = rig();
  fill(pattern(10));
  memory.load(DDR + 0x1000, new Uint8Array(16));
  channel(device, 5, 7);
  set(device, 7, { opt: tcc(5) | TCINTEN, acnt: 10 });
  device.write(offset("ESR"), 1 << 5, 4);
  assert.equal(completion.level, 0, "it takes its time");
  clock.runTo(10_000);
  assert.deepEqual(moved(12), [...pattern(10), 0, 0]);
  assert.equal(completion.level, 1);
  assert.equal(device.read(offset("IPR"), 4), 1 << 5);
  device.write(offset("ICR"), 1 << 5, 4);
  assert.equal(completion.level, 0);
  assert.deepEqual([2, 5, 7].map((w) => word(device, 7, w)), [0, 0xffff, 0]);
  device.write(offset("ESR"), 1 << 5, 4);
  assert.equal(device.read(offset("EMR"), 4), 1 << 5, "the next event has nothing to do: missed");
});

Deno.test("EDMA: a module's events are taken when enabled, an array for each, to a FIFO and on", () => {
  const fifo: number[] = [];
  const board = rig();
  board.bus.map({
    base: 0x4806_0000,
    size: 0x1000,
    device: { name: "MMC0", read: () => 0, write: (_at, value) => void fifo.push(value >>> 0) },
  });
  const bytes = pattern(20);
  fill(bytes);
  channel(board.device, 24, 24);
  set(board.device, 24, {
    opt: tcc(24) | TCINTEN,
    destination: 0x4806_0220,
    acnt: 4,
    bcnt: 2,
    ccnt: 2,
    bidx: [4, 0],
    cidx: [8, 0],
    bcntReload: 2,
  });
  const event = board.device.event(24).driver("MMC0");
  const pulse = () => {
    event.drive(1);
    event.drive(0);
    board.clock.runTo(board.clock.now() + 10_000);
  };
  pulse();
  assert.deepEqual([fifo.length, board.device.read(offset("ER"), 4)], [0, 1 << 24], "not enabled");
  board.device.write(offset("EESR"), 1 << 24, 4);
  board.clock.runTo(board.clock.now() + 10_000);
  for (let n = 0; n < 3; n++) {
    assert.equal(board.completion.level, 0);
    pulse();
  }
  assert.equal(board.completion.level, 1);
  const view = new DataView(bytes.buffer);
  assert.deepEqual(fifo, [0, 4, 12, 16].map((at) => view.getUint32(at, true)));
});

Deno.test("EDMA: a channel that chains to itself goes on by itself; the last one does not", () => {
  const { device, clock, completion } = rig();
  fill(pattern(16));
  memory.load(DDR + 0x1000, new Uint8Array(16));
  channel(device, 8, 8);
  set(device, 8, { opt: tcc(8) | ITCCHEN | TCINTEN, acnt: 4, bcnt: 4, bidx: [4, 4] });
  device.write(offset("ESR"), 1 << 8, 4);
  clock.runTo(20_000);
  assert.deepEqual(moved(16), [...pattern(16)]);
  assert.equal(completion.level, 1);
  assert.equal(device.read(offset("EMR"), 4), 0);
});

Deno.test("EDMA: a queue has its own controller; early completion tells before the data is there", () => {
  const { device, clock, tcs, completion } = rig();
  fill(pattern(64));
  memory.load(DDR + 0x1000, new Uint8Array(64));
  channel(device, 17, 17);
  device.write(offset("DMAQNUM", 2), 2 << 4, 4);
  set(device, 17, { opt: tcc(17) | TCINTEN | EARLY, acnt: 64 });
  device.write(offset("ESR"), 1 << 17, 4);
  assert.deepEqual(tcs.map((tc) => tc.busy), [false, false, true]);
  assert.equal(completion.level, 1);
  assert.deepEqual(moved(4), [0, 0, 0, 0]);
  clock.runTo(10_000);
  assert.deepEqual(moved(64), [...pattern(64)]);
});

Deno.test("EDMA: constant addressing gives a FIFO one word after the other", () => {
  const { device, clock, bus } = rig();
  const places: number[] = [];
  const fifo = { name: "FIFO", read: () => 0, write: (at: number) => void places.push(at) };
  bus.map({ base: 0x4806_0000, size: 0x1000, device: fifo });
  channel(device, 4, 4);
  set(device, 4, { opt: tcc(4) | DAM | 2 << 8, acnt: 16, destination: 0x4806_0220 });
  device.write(offset("ESR"), 1 << 4, 4);
  clock.runTo(10_000);
  assert.deepEqual(places, [0x220, 0x220, 0x220, 0x220]);
});

Deno.test("EDMA: AB-synchronized, an event moves a frame, by signed steps", () => {
  const { device, clock } = rig();
  fill(pattern(16));
  channel(device, 40, 100);
  // Rows of 4 bytes, in reverse order.
  set(device, 100, {
    opt: tcc(40) | TCINTEN | AB,
    destination: DDR + 0x100c,
    acnt: 4,
    bcnt: 4,
    bidx: [4, -4],
  });
  device.write(offset("ESR", 1), 1 << 8, 4);
  clock.runTo(10_000);
  const p = pattern(16);
  assert.deepEqual(moved(16), [12, 8, 4, 0].flatMap((at) => [...p.subarray(at, at + 4)]));
});

Deno.test("EDMA: a set is followed by the one it links to; a static one stays as it is", () => {
  const { device, clock } = rig();
  fill(pattern(8));
  channel(device, 1, 1);
  set(device, 1, { opt: tcc(1), acnt: 4, link: 0x4000 + 32 * 2 });
  set(device, 2, { opt: tcc(1) | STATIC, acnt: 2, source: DDR + 4, destination: DDR + 0x1004 });
  memory.load(DDR + 0x1000, new Uint8Array(8));
  for (let n = 0; n < 3; n++) {
    device.write(offset("ESR"), 2, 4);
    clock.runTo(clock.now() + 10_000);
  }
  assert.deepEqual(moved(8), [...pattern(6), 0, 0]);
  assert.equal(word(device, 1, 2), 0x1_0002);
});

Deno.test("EDMA: one channel's end is another one's event", () => {
  const { device, clock, completion } = rig();
  fill(pattern(4));
  channel(device, 2, 2);
  channel(device, 9, 9);
  set(device, 2, { opt: tcc(9) | TCCHEN, acnt: 4 });
  set(device, 9, {
    opt: tcc(33) | TCINTEN,
    acnt: 4,
    source: DDR + 0x1000,
    destination: DDR + 0x2000,
  });
  device.write(offset("IESR", 1), 2, 4);
  device.write(offset("ESR"), 1 << 2, 4);
  clock.runTo(10_000);
  assert.deepEqual(moved(4, DDR + 0x2000), [...pattern(4)]);
  assert.equal(completion.level, 1);
  assert.equal(device.read(offset("IPR", 1), 4), 2);
});

Deno.test("EDMA: writing the trigger word of its set starts a QDMA channel", () => {
  const { device, clock } = rig();
  fill(pattern(4));
  device.write(offset("QCHMAP", 3), 50 << 5 | 7 << 2, 4);
  device.write(offset("QEESR"), 1 << 3, 4);
  set(device, 50, { opt: tcc(3) | TCINTEN | STATIC, acnt: 4, destination: DDR + 0x3000 });
  clock.runTo(10_000);
  assert.deepEqual(moved(4, DDR + 0x3000), [...pattern(4)]);
});

Deno.test("EDMA: a shadow region shows and changes only its channels", () => {
  const { device } = rig();
  device.write(offset("DRAE", 1), 0xf0, 4);
  const region = 0x2000 + 0x200;
  device.write(region + 0x30, 0xffff_ffff, 4);
  assert.equal(device.read(offset("EER"), 4), 0xf0);
  device.write(offset("EESR"), 0xff, 4);
  assert.equal(device.read(region + 0x20, 4), 0xf0);
});

Deno.test("EDMA: an event that comes again before the last one was taken is missed", () => {
  const { device, error } = rig();
  const event = device.event(12).driver("test");
  for (const level of [1, 0, 1] as const) event.drive(level);
  assert.equal(device.read(offset("EMR"), 4), 1 << 12);
  assert.equal(error.level, 1);
  device.write(offset("EMCR"), 1 << 12, 4);
  assert.equal(error.level, 0);
});

Deno.test("EDMA: a transfer to where nothing is is an error of its controller", () => {
  const { device, clock, tcs, tcError } = rig();
  channel(device, 6, 6);
  tcs[0]!.write(0x124, 1, 4);
  set(device, 6, { opt: tcc(6) | TCINTEN, acnt: 4, destination: 0x4444_0000 });
  device.write(offset("ESR"), 1 << 6, 4);
  clock.runTo(10_000);
  assert.equal(tcError.level, 1);
  assert.equal(tcs[0]!.read(0x12c, 4), 0x1_0609, "a write, TCC 6, with TCINTEN");
  tcs[0]!.write(0x128, 1, 4);
  assert.equal(tcError.level, 0);
});
