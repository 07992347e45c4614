import assert from "node:assert/strict";
import { Board, type BoardOptions } from "./board.ts";
import { cardImage, CardStorage } from "./card/mod.ts";
import { readSymbols } from "./elf.ts";
import { elfOf } from "./_elf.ts";
import { bootFile, words } from "./rom/_boot_file.ts";
import { crc16 } from "./rom/xmodem.ts";

const MS = 1_000_000;
const S = 1000 * MS;
const HERE = 0xeaff_fffe; // b .

/** A card whose MLO is this program. */
function card(name: string, code: Uint8Array): CardStorage {
  const image = cardImage({ name, sizeMiB: 16, files: { "MLO": bootFile(code) } });
  return new CardStorage(name, image.blocks, image);
}

const empty = () => new CardStorage("eMMC", 32_768);

function rig(options: BoardOptions = {}) {
  const board = new Board({ emmc: empty(), ...options });
  const log: string[] = [];
  const said: number[] = [];
  board.onNote = ({ device, text }) => log.push(`${device}: ${text}`);
  board.onReset = (reason) => log.push(`reset: ${reason}`);
  board.onFault = ({ symbol, pc, what }) => log.push(`fault at ${symbol ?? pc}: ${what}`);
  board.soc.uarts[0]!.connect({ receive: (byte) => void said.push(byte) });
  return { board, log, said };
}

Deno.test("ROM: MLO of the eMMC runs in SVC mode, with what U-Boot looks for in R0", () => {
  const { board, log } = rig({ emmc: card("eMMC", words(HERE)) });
  board.powerOn();
  board.clock.runTo(90 * MS);
  assert.deepEqual(log, ["reset: power", "MMC1: boots MLO on FAT: 4 bytes at 0x402f0400"]);
  assert.equal(board.cpu.pc, 0x402f_0400);
  assert.equal(board.cpu.core.cpsr & 0x1ff, 0x1d3, "SVC, interrupts masked, ARM");
  const { memory } = board.soc;
  const word = (at: number) => new DataView(memory.bytes(at, 4).buffer).getUint32(0, true);
  const r0 = board.cpu.register(0);
  assert.equal(word(r0 + 8) & 0xffff, 0x0109, "MMC1, after power-on");
  assert.equal(word(word(word(r0 + 4) + 0x18) + 8), 2, "a file");
  assert.equal(word(0x4030_ce04), 0xe59f_f018, "RAM vectors");
});

Deno.test("ROM: without anything to boot it says why, pings on UART0, and the watchdog resets it", () => {
  const { board, log, said } = rig();
  board.powerOn();
  board.clock.runTo(6.2 * S);
  const nothing = "raw: begins with 0x0, so it is empty at sector 0x0, 0x100, 0x200, 0x300; " +
    "FAT: no signature in block 0";
  const round = [
    `MMC1: ${nothing}`,
    "MMC0: no card",
    "UART0: no answer to 10 pings in 3 s",
    "USB0: no host on the USB cable",
  ];
  assert.deepEqual(log, ["reset: power", ...round, ...round]);
  assert.equal(String.fromCharCode(...said.slice(0, 20)), "C".repeat(20));
  board.clock.runTo(181 * S);
  assert.equal(log.filter((line) => line === "reset: wdt1").length, 1);
});

Deno.test("ROM: with S2 held it looks at the card slot, not at the eMMC", () => {
  const sd = card("SD", words(HERE));
  const { board, log } = rig({ emmc: card("eMMC", words(HERE)), sd });
  board.s2Held = true;
  board.powerOn();
  board.clock.runTo(90 * MS);
  assert.deepEqual(log.slice(1), [
    "SPI0: nothing is connected to SPI0",
    "MMC0: boots MLO on FAT: 4 bytes at 0x402f0400",
  ]);
});

Deno.test("ROM: a program comes by XMODEM, and runs", () => {
  // ldr r1, =0x44e09000; mov r2, #'K'; str r2, [r1]; b .
  const program = words(0xe59f_1008, 0xe3a0_204b, 0xe581_2000, HERE, 0x44e0_9000);
  const { board, log, said } = rig();
  board.powerOn();
  const byteNs = 87_000;
  const uart = board.soc.uarts[0]!;
  const send = (bytes: readonly number[]) => {
    for (const [n, byte] of bytes.entries()) {
      board.clock.after((n + 1) * byteNs, () => uart.receive(byte));
    }
  };
  const until = (byte: number) => {
    const from = said.length;
    assert.ok(board.clock.runUntil(() => said.indexOf(byte, from) >= 0, board.clock.now() + S));
  };
  until(0x43);
  const data = new Uint8Array(1024);
  data.set(program);
  send([2, 1, 0xfe, ...data, crc16(data) >> 8, crc16(data) & 0xff]);
  until(0x06);
  send([4]);
  until(0x4b);
  assert.equal(log.at(-1), "UART0: boots a file by XMODEM: 1024 bytes at 0x402f0400");
});

Deno.test("ROM: a block that stops is asked for again, a file that stops is given up", () => {
  const { board, log, said } = rig();
  board.powerOn();
  const until = (byte: number, ns: number) => {
    const from = said.length;
    return board.clock.runUntil(() => said.indexOf(byte, from) >= 0, board.clock.now() + ns);
  };
  assert.ok(until(0x43, S));
  for (const byte of [2, 1, 0xfe, 7, 7]) board.soc.uarts[0]!.receive(byte);
  assert.ok(until(0x15, 5 * MS), "no NAK");
  board.clock.runTo(board.clock.now() + 3.01 * S);
  assert.equal(log.at(-1), "USB0: no host on the USB cable");
  assert.equal(log.at(-2), "UART0: nothing came for 3 s in the middle of a file");
});

Deno.test("a program resets the chip: RAM stays, the reason is told; a power cut clears it", () => {
  // Counts at 0x80000000, then sets RST_GLOBAL_WARM_SW.
  const program = words(
    0xe3a0_1102, // mov r1, #0x80000000
    0xe591_2000, // ldr r2, [r1]
    0xe282_2001, // add r2, r2, #1
    0xe581_2000, // str r2, [r1]
    0xe352_0003, // cmp r2, #3
    0x0aff_fffe, // beq .
    0xe59f_1008, // ldr r1, =0x44e00f00
    0xe3a0_2001, // mov r2, #1
    0xe581_2000, // str r2, [r1]
    HERE,
    0x44e0_0f00,
  );
  const { board, log } = rig({ emmc: card("eMMC", program) });
  board.powerOn();
  // The lock of the RTC, and a word that it keeps.
  const { bus } = board.soc;
  for (const [at, value] of [[0x6c, 0x83e7_0b13], [0x70, 0x95a4_f1e0], [0x60, 0x1234]] as const) {
    bus.write(0x44e3_e000 + at, value, 4);
  }
  board.clock.runTo(265 * MS);
  assert.equal(bus.read(0x44e3_e060, 4), 0x1234, "the RTC is not reset");
  const traces = new Uint32Array(board.soc.memory.bytes(0x4030_ce40, 0x20).buffer);
  assert.deepEqual([traces[0]! & 4, traces[4]! & 4], [0, 4], "the first run is kept");
  assert.deepEqual(log.filter((line) => line.startsWith("reset")), [
    "reset: power",
    "reset: warmSoftware",
    "reset: warmSoftware",
  ]);
  const count = () => board.soc.memory.bytes(0x8000_0000, 1)[0];
  assert.equal(count(), 3);
  assert.equal(board.soc.prcm.peek("PRM_RSTST"), 0x3);
  board.powerCut();
  assert.equal(count(), 0);
  const { instructions } = board.cpu;
  board.clock.runTo(1 * S);
  assert.equal(board.cpu.instructions, instructions, "nothing executes without power");
  board.powerOn();
  board.clock.runTo(1265 * MS);
  assert.equal(count(), 3);
});

Deno.test("an access to a module without a clock is told with its place and the remedy", () => {
  // ldr r1, =0x48022000; ldr r2, [r1, #0x14]; and the RAM vector of data aborts leads to ROM.
  const program = words(0xe59f_1004, 0xe591_2014, HERE, 0x4802_2000);
  const { board, log } = rig({ emmc: card("eMMC", program) });
  board.powerOn();
  board.clock.runTo(90 * MS);
  assert.equal(
    log.at(-1),
    `fault at ${0x402f_0404}: Cannot read 4 bytes at "0x48022014" (UART1 + 0x14): the module has ` +
      `no clock; set MODULEMODE of CM_PER_UART1_CLKCTRL to 2 first`,
  );
  assert.equal(board.cpu.pc, 0x2_008c, "the ROM's dead loop of data aborts");
  assert.equal(board.cpu.register(0), 0x4802_2014, "DFAR");
});

Deno.test("a fault names the symbol of an ELF file", () => {
  const { board, log } = rig({ emmc: card("eMMC", words(0xe7f0_00f0)) });
  board.symbols = readSymbols(elfOf([["_start", 0x402f_0400, 0x10]]), "test.elf");
  board.powerOn();
  board.clock.runTo(90 * MS);
  assert.match(log.at(-1)!, /^fault at _start: undefined instruction "udf/);
});

Deno.test("an undefined instruction of user mode is for the operating system, and not told", () => {
  const program = words(0xe321_f010, 0xe7f0_00f0); // msr cpsr_c, #USR; udf
  const { board, log } = rig({ emmc: card("eMMC", program) });
  board.powerOn();
  board.clock.runTo(90 * MS);
  assert.match(log.at(-1)!, /^MMC1: boots MLO/);
  assert.equal(board.cpu.pc, 0x2_0080, "the ROM's dead loop");
});

Deno.test("restored at any moment of the boot, the board does as it did", () => {
  const program = words(
    0xe59f_1010, // ldr r1, =0x44e09000
    0xe282_2001, // again: add r2, r2, #1
    0xe5c1_2000, // strb r2, [r1]
    0xe591_3014, // ldr r3, [r1, #0x14]
    0xeaff_fffb, // b again
    HERE,
    0x44e0_9000,
  );
  const sd = card("SD", program);
  const { board, said } = rig({ sd });
  board.powerOn();
  for (const t of [3 * MS, 60 * MS, 84 * MS, 90 * MS]) {
    board.clock.runTo(t);
    const snapshot = board.snapshot();
    const run = () => {
      const from = said.length;
      board.clock.runTo(t + 5 * MS);
      return { said: said.slice(from), end: fingerprint(board) };
    };
    const first = run();
    board.restore(snapshot);
    assert.equal(board.clock.now(), t);
    assert.deepEqual(run(), first, `at ${t} ns`);
  }
});

Deno.test("a snapshot of another board is refused", () => {
  const { board } = rig();
  const other = rig({ sd: card("SD", words(HERE)) }).board.snapshot();
  assert.throws(
    () => board.restore(other),
    /Cannot restore snapshot: part "SD" in it is not on this board/,
  );
});

Deno.test("a snapshot of another version is refused", () => {
  const { board } = rig();
  const snapshot = { ...board.snapshot(), version: 2 as 1 };
  assert.throws(
    () => board.restore(snapshot),
    /^SnapshotError: Cannot restore snapshot: it is of version 2, and version 1 is read here/,
  );
});

Deno.test("pins are found by header, name and GPIO", () => {
  const { board } = rig();
  assert.equal(board.pin("P9.12"), board.pin("GPIO1_28"));
  assert.equal(board.pin("P9_12"), board.pin("GPIO60"));
  assert.equal(board.pin("P8.07"), board.pin("GPIO66"));
  assert.equal(board.pin("USR3"), board.pin("GPIO56"));
  assert.equal(board.pin("MMC0_CD").level, 1, "no card");
  assert.throws(() => board.pin("P9.1"), /Cannot find pin "P9.1": it is no GPIO of the board/);
});

function fingerprint(board: Board): unknown {
  const { t, parts } = board.snapshot();
  return { t, parts, pc: board.cpu.pc, instructions: board.cpu.instructions };
}
