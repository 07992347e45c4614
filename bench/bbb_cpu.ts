/**
 * Speed of the Cortex-A8: the same ARM binary (sims/bbb/firmware/bench) translated, interpreted, in
 * QEMU and in libunicorn. All contestants have to come to the same three result words.
 */
import { RP2040 } from "rp2040js";
import { hostNow } from "hil/time/mod.ts";
import { Bus } from "sims/bbb/bus.ts";
import { Cpu } from "sims/bbb/cpu/mod.ts";
import { WasmTier } from "sims/bbb/cpu/jit/mod.ts";
import { Unicorn, UnicornMissing } from "sims/bbb/cpu/proof/unicorn.ts";
import {
  BENCH_BASE,
  BENCH_BASE_M0,
  BENCH_RESULTS,
  buildBench,
} from "sims/bbb/firmware/bench/build.ts";
import { GuestMemory } from "sims/bbb/memory.ts";
import { VirtualClock } from "sims/engine/mod.ts";
import {
  alternate,
  atLeast,
  type Benchmark,
  type Figure,
  median,
  PeerMissing,
} from "./benchmark.ts";

const QEMU = "qemu-system-arm";
const ROUNDS = 2000, QUICK_ROUNDS = 200;
/** The interpreter and libunicorn are slow: they do a tenth. */
const SLOW = 10;
const LIMIT_NS = 60e9;
const SRAM_BYTES = 0x2_0000, SRAM_BASE = 0x402f_0000;

interface Program {
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly instructions: number;
  readonly results: string;
}

export const bbbCpu: Benchmark = {
  name: "bbb-cpu",
  title:
    "the BeagleBone's CPU: translated, interpreted; beside QEMU's -M cubieboard and libunicorn",
  conditions:
    "Table CRC32, sieve and branchy code, -O2 for the Cortex-A8, MMU off, from the first " +
    "instruction, translation included; millions of guest instructions a second of host time. " +
    "QEMU's start is taken off. Medians of rounds in which all take turns.",
  async run({ quick, progress, note }) {
    const figures: Figure[] = [];
    for (const thumb of [false, true]) {
      figures.push(...await race({ thumb, quick, progress, note }));
    }
    progress("rp2040js: runs");
    note(await reference(quick ? 1 : 20));
    return figures;
  },
};

async function race(options: {
  thumb: boolean;
  quick: boolean;
  progress(text: string): void;
  note(text: string): void;
}): Promise<Figure[]> {
  const { thumb, quick, progress, note } = options;
  const name = thumb ? "Thumb-2" : "ARM";
  const rounds = quick ? QUICK_ROUNDS : ROUNDS;
  progress(`${name}: builds, counts instructions`);
  const long = await program(thumb, rounds), short = await program(thumb, rounds / SLOW);
  const startMs = median(await Promise.all([...Array(3)].map(() => qemuStart(thumb))));
  const contestants = {
    translated: () => Promise.resolve(ours(long, { translates: true })),
    interpreted: () => Promise.resolve(ours(short, { translates: false })),
    qemu: () => qemu(long, { startMs }),
    icount: () => qemu(long, { startMs, extra: ["-icount", "shift=0"] }),
    unicorn: () => Promise.resolve(unicorn(short)),
  };
  progress(`${name}: warms up`);
  await alternate(1, contestants);
  progress(`${name}: runs`);
  const mips = await alternate(quick ? 2 : 5, contestants);
  note(
    `${name}: ${
      (long.instructions / 1e6).toFixed(0)
    } million instructions, results ${long.results}`,
  );
  const { translated, interpreted } = mips;
  return [
    {
      ...{ what: `${name}, translated`, unit: "MIPS", ours: translated },
      peer: { name: "QEMU TCG", value: mips.qemu },
      wanted: atLeast(translated, 250, "MIPS"),
    },
    {
      ...{ what: `${name}, translated / QEMU TCG`, unit: "×", ours: translated / mips.qemu },
      wanted: atLeast(translated / mips.qemu, 0.25, "×"),
    },
    {
      ...{ what: `${name}, translated`, unit: "MIPS", ours: translated },
      peer: { name: "QEMU -icount", value: mips.icount },
      wanted: atLeast(translated / mips.icount, 0.5, "× -icount"),
    },
    {
      ...{ what: `${name}, interpreted`, unit: "MIPS", ours: interpreted },
      peer: { name: "libunicorn", value: mips.unicorn },
      wanted: atLeast(interpreted, 40, "MIPS"),
    },
  ];
}

async function program(thumb: boolean, rounds: number): Promise<Program> {
  const path = await buildBench({ thumb, rounds });
  const bytes = await Deno.readFile(path);
  const { cpu, results } = executed(bytes, { translates: true });
  return { path, bytes, instructions: cpu.instructions, results };
}

/** Runs it to its end: it waits for an interrupt then. */
function executed(bytes: Uint8Array, { translates }: { readonly translates: boolean }) {
  const memory = new GuestMemory();
  const clock = new VirtualClock("bench");
  const cpu = new Cpu({ memory, bus: new Bus(), clock });
  if (translates) cpu.tier = new WasmTier(cpu.core);
  clock.drive(cpu);
  memory.load(BENCH_BASE, bytes);
  cpu.jump(BENCH_BASE);
  const began = hostNow();
  const ended = clock.runUntil(() => cpu.core.waiting, LIMIT_NS);
  const seconds = (hostNow() - began) / 1e9;
  if (!ended) throw new Error(`the benchmark did not end in ${LIMIT_NS / 1e9} s of its own time`);
  const words = new Uint32Array(memory.bytes(BENCH_BASE + BENCH_RESULTS, 12).slice().buffer);
  return { cpu, seconds, results: [...words].map(hex).join(" ") };
}

function ours(program: Program, how: { readonly translates: boolean }): number {
  const { seconds, results } = executed(program.bytes, how);
  check("our CPU", results, program);
  return program.instructions / 1e6 / seconds;
}

/** Milliseconds that QEMU takes for a program of next to nothing. */
async function qemuStart(thumb: boolean): Promise<number> {
  return (await qemuRun(await buildBench({ thumb, rounds: 1 }))).ms;
}

async function qemu(
  program: Program,
  { startMs, extra = [] }: { readonly startMs: number; readonly extra?: readonly string[] },
): Promise<number> {
  const { ms, said } = await qemuRun(program.path, extra);
  check(QEMU, said, program);
  return program.instructions / 1e3 / (ms - startMs);
}

async function qemuRun(path: string, extra: readonly string[] = []) {
  const began = hostNow();
  const { stdout, stderr } = await new Deno.Command(QEMU, {
    args: [
      ...["-M", "cubieboard", "-nodefaults", "-display", "none", "-semihosting-config"],
      ...["enable=on,target=native", "-device"],
      ...[`loader,file=${path},addr=0x${BENCH_BASE.toString(16)},cpu-num=0,force-raw=on`, ...extra],
    ],
    stdin: "null",
  }).output().catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new PeerMissing(`${QEMU} is not on the PATH; run "deno task hil doctor --install"`);
  });
  const ms = (hostNow() - began) / 1e6;
  // Semihosting writes to standard error without a chardev of its own.
  const said = new TextDecoder().decode(stdout.length ? stdout : stderr).trim();
  return { ms, said: said.split("\n").at(-1)! }; // Before it, warnings.
}

function unicorn(program: Program): number {
  let peer: Unicorn;
  try {
    peer = Unicorn.open();
  } catch (error) {
    if (error instanceof UnicornMissing) throw new PeerMissing(error.message);
    throw error;
  }
  try {
    const sram = new Uint8Array(SRAM_BYTES);
    sram.set(program.bytes, BENCH_BASE - SRAM_BASE);
    peer.map(SRAM_BASE, sram);
    const began = hostNow();
    peer.run(BENCH_BASE, 0); // To the semihosting call at its end, which is an exception.
    const seconds = (hostNow() - began) / 1e9;
    const at = BENCH_BASE - SRAM_BASE + BENCH_RESULTS;
    check(
      "libunicorn",
      [...new Uint32Array(sram.slice(at, at + 12).buffer)].map(hex).join(" "),
      program,
    );
    return program.instructions / 1e6 / seconds;
  } finally {
    peer.close();
  }
}

/** One more CPU in TypeScript: another instruction set, so no figure of ours stands beside it. */
async function reference(rounds: number): Promise<string> {
  const path = await buildBench({ cpu: "cortex-m0plus", thumb: true, rounds });
  const chip = new RP2040();
  chip.sram.set(await Deno.readFile(path));
  chip.core.PC = BENCH_BASE_M0;
  let ended = false;
  chip.onBreak = () => void (ended = true);
  let instructions = 0;
  const began = hostNow();
  for (; !ended; instructions++) chip.core.executeInstruction();
  const mips = instructions * 1e3 / (hostNow() - began);
  const results = new Uint32Array(chip.sram.slice(BENCH_RESULTS, BENCH_RESULTS + 12).buffer);
  return `for reference, npm rp2040js: ${
    mips.toFixed(0)
  } MIPS on the same source for a Cortex-M0+ ` +
    `(Thumb-1), ${(instructions / 1e6).toFixed(0)} million instructions, results ` +
    [...results].map(hex).join(" ");
}

function check(who: string, results: string, program: Program): void {
  if (results === program.results) return;
  throw new Error(`${who} came to "${results}", and the first run of ours to "${program.results}"`);
}

function hex(word: number): string {
  return word.toString(16).padStart(8, "0");
}
