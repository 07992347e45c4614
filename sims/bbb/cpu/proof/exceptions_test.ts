/**
 * Each exception from each instruction set, mode and set of masks, under each setting of SCTLR.V, TE
 * and EE; and the return from it by each instruction that returns. What is expected is written by hand
 * from ARM ARM DDI 0406C, table B1-7 (R14) and sections B1.8.3 (vectors), B1.9.1 to B1.9.12.
 */

import assert from "node:assert/strict";
import { CODE, DATA, Machine } from "../_machine.ts";

const MODE = { USR: 0x10, FIQ: 0x11, IRQ: 0x12, SVC: 0x13, ABT: 0x17, UND: 0x1b, SYS: 0x1f };
const A = 0x100, I = 0x80, F = 0x40, T = 0x20, E = 0x200;
const FLAGS = 0xa800_0000, GE = 0x000a_0000;
const SCTLR = { V: 1 << 13, EE: 1 << 25, TE: 1 << 30 };
const VBAR = 0x8020_0000;
const NOWHERE = 0x1000_0000;

interface Row {
  readonly name: string;
  readonly vector: number;
  readonly mode: number;
  /** Masked besides I. */
  readonly masks: number;
  /** R14 less the address of the instruction: in ARM, in Thumb state. */
  readonly link: readonly [number, number];
  /** What to subtract from R14 to go on, and how far behind the instruction that is. */
  readonly back: number;
  readonly code: readonly [arm: number, thumb: number];
  readonly input?: "irq" | "fiq";
  readonly elsewhere?: boolean;
}

// deno-fmt-ignore
const TABLE: readonly Row[] = [
  { name: "undefined",      vector: 0x04, mode: MODE.UND, masks: 0,     link: [4, 2], back: 0, code: [0xe7f0_00f0, 0xde00] },
  { name: "SVC",            vector: 0x08, mode: MODE.SVC, masks: 0,     link: [4, 2], back: 0, code: [0xef00_0000, 0xdf00] },
  { name: "BKPT",           vector: 0x0c, mode: MODE.ABT, masks: A,     link: [4, 4], back: 4, code: [0xe120_0070, 0xbe00] },
  { name: "prefetch abort", vector: 0x0c, mode: MODE.ABT, masks: A,     link: [4, 4], back: 4, code: [0, 0], elsewhere: true },
  { name: "data abort",     vector: 0x10, mode: MODE.ABT, masks: A,     link: [8, 8], back: 8, code: [0xe591_0000, 0x6808] },
  { name: "IRQ",            vector: 0x18, mode: MODE.IRQ, masks: A,     link: [4, 4], back: 4, code: [0xe1a0_0000, 0x46c0], input: "irq" },
  { name: "FIQ",            vector: 0x1c, mode: MODE.FIQ, masks: A | F, link: [4, 4], back: 4, code: [0xe1a0_0000, 0x46c0], input: "fiq" },
];

interface Setting {
  readonly thumb: boolean;
  readonly mode: number;
  /** A, I and F before. */
  readonly masks: number;
  readonly sctlr: number;
}

function* settings({ input }: Row): Generator<Setting> {
  const open = input === undefined ? [0, A, I, F, A | I | F] : [0, A, input === "irq" ? F : I];
  for (const thumb of [false, true]) {
    for (const mode of [MODE.USR, MODE.SYS, MODE.SVC, MODE.ABT, MODE.UND]) {
      for (const masks of open) {
        for (let bits = 0; bits < 8; bits++) {
          const sctlr = (bits & 1 ? SCTLR.V : 0) | (bits & 2 ? SCTLR.TE : 0) |
            (bits & 4 ? SCTLR.EE : 0);
          yield { thumb, mode, masks, sctlr };
        }
      }
    }
  }
}

/** Brings a machine to the first instruction of the handler. */
function take(machine: Machine, row: Row, { thumb, mode, masks, sctlr }: Setting) {
  const { cpu } = machine;
  cpu.cp15.set("VBAR", VBAR);
  cpu.cp15.set("SCTLR", 0x00c5_0078 | sctlr);
  const before = (FLAGS | GE | masks | mode | (thumb ? T : 0)) >>> 0;
  const address = row.elsewhere ? NOWHERE : CODE + 8;
  if (thumb) machine.thumb([row.code[1], 0x46c0], CODE + 8);
  else machine.arm([row.code[0], 0xe1a0_0000], CODE + 8);
  machine.setCpsr(before);
  machine.set({ r1: NOWHERE });
  cpu.jump(address | (thumb ? 1 : 0));
  cpu.setIrq(row.input === "irq");
  cpu.setFiq(row.input === "fiq");
  cpu.step();
  cpu.setIrq(false);
  cpu.setFiq(false);
  return { before, address };
}

for (const row of TABLE) {
  Deno.test(`${row.name}: vector, R14, SPSR and CPSR from every state`, () => {
    const machine = new Machine();
    const { core } = machine.cpu;
    for (const setting of settings(row)) {
      const { before, address } = take(machine, row, setting);
      const { thumb, masks, sctlr } = setting;
      const text = JSON.stringify(setting);
      const base = sctlr & SCTLR.V ? 0xffff_0000 : VBAR;
      assert.equal(machine.cpu.pc, base + row.vector, text);
      assert.equal(machine.get("lr"), address + row.link[thumb ? 1 : 0], text);
      assert.equal(core.spsr >>> 0, before, text);
      const wanted = FLAGS | GE | masks | I | row.masks | row.mode |
        (sctlr & SCTLR.TE ? T : 0) | (sctlr & SCTLR.EE ? E : 0);
      assert.equal(core.cpsr >>> 0, wanted >>> 0, text);
    }
  });
}

/** Instructions of a handler that go back to R14 less `back`; memory is at R0 or the stack. */
interface Return {
  readonly name: string;
  readonly arm: (back: number) => number | undefined;
  readonly thumb: (back: number) => readonly [number, number] | undefined;
  /** Takes the target from memory, and CPSR too. */
  readonly memory?: "target" | "target and CPSR";
}

// deno-fmt-ignore
const RETURNS: readonly Return[] = [
  { name: "SUBS PC, LR, #n", arm: (back) => 0xe25e_f000 | back, thumb: (back) => [0xf3de, 0x8f00 | back] },
  { name: "MOVS PC, LR", arm: (back) => back === 0 ? 0xe1b0_f00e : undefined, thumb: () => undefined },
  { name: "LDM {…, PC}^", arm: () => 0xe8d0_8000, thumb: () => undefined, memory: "target" },
  { name: "RFEIA", arm: () => 0xf890_0a00, thumb: () => [0xe990, 0xc000], memory: "target and CPSR" },
];

for (const way of RETURNS) {
  Deno.test(`${way.name} returns from every exception to where it came from`, () => {
    const machine = new Machine();
    const { core } = machine.cpu;
    let returned = 0;
    for (const row of TABLE) {
      for (const setting of settings(row)) {
        const { before } = take(machine, row, setting);
        const target = machine.get("lr") - row.back >>> 0;
        const handlerThumb = (setting.sctlr & SCTLR.TE) !== 0;
        const code = handlerThumb ? way.thumb(row.back) : way.arm(row.back);
        if (code === undefined) continue;
        if (typeof code === "number") machine.arm([code], CODE + 0x40);
        else machine.thumb(code, CODE + 0x40);
        const memory = new DataView(new ArrayBuffer(8));
        const little = (setting.sctlr & SCTLR.EE) === 0;
        memory.setUint32(0, target, little);
        memory.setUint32(4, before, little);
        machine.memory.load(DATA, new Uint8Array(memory.buffer));
        machine.set({ r0: DATA });
        if (way.memory === "target and CPSR") core.spsr = 0; // not looked at
        machine.cpu.jump(CODE + 0x40 | (handlerThumb ? 1 : 0));
        machine.cpu.step();
        assert.equal(machine.cpu.pc, target, `${row.name} ${JSON.stringify(setting)}`);
        assert.equal(core.cpsr >>> 0, before, `${row.name} ${JSON.stringify(setting)}`);
        returned++;
      }
    }
    assert.ok(returned >= 200, `${returned} returns`);
  });
}
