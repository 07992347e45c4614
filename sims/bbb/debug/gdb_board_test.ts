/** GDB itself debugs a program on the board, forwards and backwards. */
import assert from "node:assert/strict";
import { serveGdb } from "hil/drivers/gdb/mod.ts";
import { Board } from "../board.ts";
import { cardImage, CardStorage } from "../card/mod.ts";
import { GdbBoard } from "./gdb_board.ts";

const BASE = 0x402f_0400;
/** Counts r0 up in an endless loop and keeps it in memory, at 0x402F2000. */
const PROGRAM = [
  0xe3a00000, // 00: mov r0, #0
  0xe59f100c, // 04: ldr r1, [pc, #12]
  0xe2800001, // 08: add r0, r0, #1
  0xe5810000, // 0c: str r0, [r1]
  0xe1a02000, // 10: mov r2, r0
  0xeafffffb, // 14: b 08
  0x402f2000, // 18
];

/** The board at the first instruction of the program, which its boot ROM has loaded from a card. */
function board(): Board {
  const mlo = new Uint32Array([4 * PROGRAM.length + 8, BASE, ...PROGRAM]);
  const image = cardImage({ files: { MLO: new Uint8Array(mlo.buffer) } });
  const board = new Board({ sd: new CardStorage("SD", image.blocks, image) });
  board.powerOn();
  board.cpu.breakpoints.add(BASE);
  let there = false;
  board.cpu.onBreakpoint = () => there = true;
  assert(board.clock.runUntil(() => there, 1e9), "the boot ROM has started the program");
  board.cpu.breakpoints.clear();
  return board;
}

async function gdb(target: GdbBoard, commands: readonly string[]): Promise<string> {
  const server = serveGdb({ target, port: 0 });
  try {
    const all = ["set confirm off", `target remote ${server.address}`, ...commands, "detach"];
    const { stdout, stderr } = await new Deno.Command("gdb-multiarch", {
      args: ["-nx", "-batch", ...all.flatMap((command) => ["-ex", command])],
      stdin: "null",
    }).output();
    return new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  } finally {
    await server.close();
  }
}

function includes(said: string, texts: readonly string[]): void {
  for (const text of texts) assert(said.includes(text), `"${text}" is missing in:\n${said}`);
}

Deno.test("GDB steps, stops at a breakpoint and looks at memory", async () => {
  const said = await gdb(new GdbBoard(board()), [
    'printf "start %x\\n", $pc',
    "stepi 2",
    'printf "stepped to %x\\n", $pc',
    `break *${BASE + 0x10}`,
    "continue",
    "continue",
    "continue",
    'printf "r0 %d, memory %d\\n", $r0, *(int*)0x402f2000',
    'printf "mode %x\\n", $cpsr & 0x1f',
  ]);
  includes(said, ["start 402f0400", "stepped to 402f0408", "r0 3, memory 3", "mode 13"]);
});

Deno.test("GDB watches memory that the program writes", async () => {
  const said = await gdb(new GdbBoard(board()), [
    "watch *(int*)0x402f2000",
    "continue",
    "continue",
    'printf "at %x with r0 %d\\n", $pc, $r0',
  ]);
  includes(said, ["New value = 1", "New value = 2", "at 402f0414 with r0 2"]); // GDB steps once more on ARM.
});

Deno.test("GDB goes back: a step, and to the last breakpoint, over many snapshots", async () => {
  const target = new GdbBoard(board(), { intervalNs: 10_000 });
  const said = await gdb(target, [
    `break *${BASE + 0x10} if $r0 == 5000`,
    "continue",
    'printf "there: r0 %d\\n", $r0',
    "reverse-stepi",
    'printf "before: pc %x, memory %d\\n", $pc, *(int*)0x402f2000',
    "delete",
    `break *${BASE}`,
    "reverse-continue",
    'printf "again at %x\\n", $pc',
    "stepi 3",
    'printf "r0 %d\\n", $r0',
  ]);
  includes(said, [
    "there: r0 5000",
    "before: pc 402f040c, memory 4999",
    "again at 402f0400",
    "r0 1",
  ]);
});

Deno.test("what is changed by hand is another future", async () => {
  const said = await gdb(new GdbBoard(board()), [
    `break *${BASE + 0x14}`,
    "continue",
    "set $r0 = 1000",
    "continue",
    'printf "r0 %d\\n", $r0',
    "reverse-stepi",
    "stepi",
    'printf "still %d\\n", $r0',
    "set {int}0x402f2000 = 77",
    'printf "memory %d\\n", *(int*)0x402f2000',
    'printf "device %x\\n", *(int*)0x44e10600', // DEVICE_ID of the control module.
    "x/1xw 0x44000000",
  ]);
  includes(said, ["r0 1001", "still 1001", "memory 77", "device 2b94402e", "Cannot access memory"]);
});
