import assert from "node:assert/strict";
import { Random, Wire } from "sims/engine/mod.ts";
import { Bus } from "sims/bbb/bus.ts";
import { RAM } from "sims/bbb/cpu/layout.ts";
import { GuestMemory } from "sims/bbb/memory.ts";
import { emmcSlot, MULTIPLE, READ, RSP, WRITE } from "./_mmchs_driver.ts";
import { Edma, EDMA3CC } from "./edma.ts";
import { EdmaTc } from "./edma_tc.ts";

const DDR = RAM.DDR.base;
const MMC1 = 0x481d_8000;
const DATA = MMC1 + 0x220;
const TX = 2, RX = 3;
const BLOCKS = 5;

/** Where words are, and how far apart. */
type Walk = { readonly at: number; readonly step: number };

/** An eMMC whose requests go to EDMA, as they do on the chip. */
function rig() {
  const { slot, storage } = emmcSlot();
  const memory = new GuestMemory();
  const bus = new Bus(memory);
  bus.map({ base: MMC1, size: 0x1000, device: slot.mmchs });
  const irq = (name: string) => new Wire(name).driver("EDMA");
  const tcs = [0, 1, 2].map((n) =>
    new EdmaTc({ name: `TC${n}`, clock: slot.clock, bus, irq: irq(`TC${n}`) })
  );
  const edma = new Edma({ clock: slot.clock, tcs, completion: irq("done"), error: irq("error") });
  for (const [wire, channel] of [[slot.tx, TX], [slot.rx, RX]] as const) {
    const driver = edma.event(channel).driver("MMC1");
    wire.listen((level) => driver.drive(level));
  }
  const set = (name: keyof typeof EDMA3CC.index, value: number, n = 0) =>
    edma.write(EDMA3CC.specs[name].offset + 4 * n, value, 4);
  /** A request a block: 128 words, from or to the one register. */
  const prepare = ({ channel, from, to }: { channel: number; from: Walk; to: Walk }) => {
    const words = [
      ...[1 << 2, from.at, 128 << 16 | 4, to.at, to.step << 16 | from.step, 0xffff],
      ...[(to.step && 512) << 16 | (from.step && 512), BLOCKS],
    ];
    for (const [n, word] of words.entries()) set("PARAM", word, 8 * channel + n);
    set("DCHMAP", channel << 5, channel);
    set("EESR", 1 << channel);
  };
  return { slot, storage, memory, prepare };
}

const random = new Random("dma");
const data = Uint8Array.from({ length: 512 * BLOCKS }, () => random.below(256));

Deno.test("EDMA reads blocks from a card into memory, one request each", async () => {
  const { slot, storage, memory, prepare } = rig();
  await storage.write(77, data);
  prepare({ channel: RX, from: { at: DATA, step: 0 }, to: { at: DDR, step: 4 } });
  slot.set("SD_BLK", BLOCKS << 16 | 512);
  slot.start(18, 77, RSP.R1 | READ | MULTIPLE | 1);
  assert.equal(slot.waitFor(0xffff_0002) & 0xffff_0002, 2);
  slot.clock.runTo(slot.clock.now() + 1_000_000);
  const at = memory.hostOf(DDR);
  assert.deepEqual(memory.u8.slice(at, at + data.length), data);
});

Deno.test("EDMA writes blocks from memory to a card, one request each", () => {
  const { slot, storage, memory, prepare } = rig();
  memory.u8.set(data, memory.hostOf(DDR));
  prepare({ channel: TX, from: { at: DDR, step: 4 }, to: { at: DATA, step: 0 } });
  slot.set("SD_BLK", BLOCKS << 16 | 512);
  slot.start(25, 78, RSP.R1 | WRITE | MULTIPLE | 1);
  assert.equal(slot.waitFor(0xffff_0002) & 0xffff_0002, 2);
  for (let n = 0; n < BLOCKS; n++) {
    assert.deepEqual(storage.readBlock(78 + n), data.slice(512 * n, 512 * (n + 1)));
  }
});
