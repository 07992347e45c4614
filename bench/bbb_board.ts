/**
 * The simulated BeagleBone Black as a user waits for it: from power-on to U-Boot's prompt, what a
 * device access costs, and snapshots of half a gigabyte of memory.
 */
import { hostNow } from "hil/time/mod.ts";
import { Board, type BoardSnapshot } from "sims/bbb/board.ts";
import { WasmTier } from "sims/bbb/cpu/jit/mod.ts";
import { emmcOf } from "sims/bbb/targets/cards.ts";
import { alternate, atMost, type Benchmark, type Figure, median } from "./benchmark.ts";

const PROMPT_LIMIT_NS = 20e9;
/** Of a fork: memory that it writes to. */
const FORK_BYTES = 64 << 10;
const LOAD = 0x8200_0000;
/** TIMER2's counter and UART0's line status: what boot loaders poll. */
const POLLED = { "DMTIMER2 TCRR": 0x4804_003c, "UART0 LSR": 0x44e0_9014 };

export const bbbBoard: Benchmark = {
  name: "bbb-board",
  title: "the simulated BeagleBone: power-on to U-Boot's prompt, device accesses, snapshots",
  conditions:
    "Debian bookworm's U-Boot from eMMC, autoboot stopped by a key, no console or trace; " +
    "cards and files in memory; what was translated before is not kept.",
  async run({ quick, progress }) {
    progress("boots");
    const rounds = quick ? 2 : 7;
    const boots = await alternate(rounds, {
      translated: async () => (await booted(true)).seconds,
      interpreted: async () => (await booted(false)).seconds,
    });
    progress("reads devices, takes snapshots");
    const { board } = await booted(true);
    return [
      {
        ...{ what: "power-on to prompt", unit: "s", ours: boots.translated },
        peer: { name: "interpreted", value: boots.interpreted },
        wanted: atMost(boots.translated, 3, "s"),
      },
      {
        ...{ what: "power-on to prompt, interpreted", unit: "s", ours: boots.interpreted },
        wanted: atMost(boots.interpreted, 6, "s"),
      },
      ...Object.entries(POLLED).map(([what, address]) => dispatch(board, what, address, quick)),
      ...snapshots(board, quick ? 10 : 50),
    ];
  },
};

async function booted(translates: boolean): Promise<{ board: Board; seconds: number }> {
  const board = new Board({ emmc: await emmcOf({ uboot: "bookworm" }) });
  if (translates) board.cpu.tier = new WasmTier(board.cpu.core);
  const uart = board.soc.uarts[0]!;
  let tail = "";
  uart.connect({ receive: (byte) => void (tail = (tail + String.fromCharCode(byte)).slice(-40)) });
  const says = (text: string) => {
    const said = board.clock.runUntil(() => tail.includes(text), PROMPT_LIMIT_NS);
    if (!said) throw new Error(`the board did not say "${text}"; it said "${tail}"`);
  };
  const began = hostNow();
  board.powerOn();
  says("stop autoboot");
  uart.receive(0x20);
  says("=> ");
  return { board, seconds: (hostNow() - began) / 1e9 };
}

function dispatch(board: Board, what: string, address: number, quick: boolean): Figure {
  const count = quick ? 200_000 : 2_000_000;
  const times = Array.from({ length: 5 }, () => {
    const began = hostNow();
    let sum = 0;
    for (let n = 0; n < count; n++) sum ^= board.soc.bus.read(address, 4);
    const ns = (hostNow() - began) / count;
    if (!Number.isInteger(sum)) throw new Error(`a read of ${what} gave no number`);
    return ns;
  });
  const ours = median(times);
  return { what: `read of ${what}`, unit: "ns", ours, wanted: atMost(ours, 200, "ns") };
}

function snapshots(board: Board, rounds: number): Figure[] {
  const { memory } = board.soc;
  const begin = hostNow();
  const prompt = board.snapshot();
  const first = (hostNow() - begin) / 1e6;
  const marks = new Uint8Array(FORK_BYTES);
  const took: Record<"take" | "restore", number[]> = { take: [], restore: [] };
  const timed = <T>(which: "take" | "restore", work: () => T): T => {
    const began = hostNow();
    const result = work();
    took[which].push((hostNow() - began) / 1e6);
    return result;
  };
  let fork: BoardSnapshot | undefined;
  for (let round = 0; round < rounds; round++) {
    memory.load(LOAD, marks.fill(round + 1));
    fork = timed("take", () => board.snapshot());
    timed("restore", () => board.restore(prompt));
  }
  if (memory.bytes(LOAD, 1)[0] !== 0) throw new Error("a restored board has a fork's memory");
  const back = hostNow();
  board.restore(fork!);
  const other = (hostNow() - back) / 1e6;
  if (memory.bytes(LOAD, 1)[0] === 0) throw new Error("a fork has lost its memory");
  const figure = (what: string, ours: number, limit: number): Figure => ({
    ...{ what, unit: "ms", ours },
    wanted: atMost(ours, limit, "ms"),
  });
  return [
    figure("first snapshot, at the prompt", first, 50),
    figure("snapshot of a fork, 64 KiB written", median(took.take), 50),
    figure("restore after a fork, 64 KiB written", median(took.restore), 20),
    figure("restore of another fork", other, 20),
  ];
}
