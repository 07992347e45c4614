/**
 * Holds our Cortex-A8 against libunicorn's, instruction by instruction.
 *
 * deno run --allow-ffi --allow-read sims/bbb/cpu/proof/main.ts --count 1000000
 */

import { parseArgs } from "node:util";
import { hostNow } from "hil/time/mod.ts";
import { makeCase } from "./case.ts";
import { makeProgram } from "./program.ts";
import { openComparer, openSimdComparer, openTranslatedComparer } from "./open.ts";
import { makeSimdCase } from "./simd_case.ts";
import { report } from "./report.ts";
import { Tally } from "./tally.ts";

const HELP = `Compares our CPU with libunicorn on random instructions (ARM and Thumb-2).

  --seed TEXT     seed of the first run; the next are TEXT+1, … if it is a number (default 1)
  --seeds N       runs, each with its own seed (default 1)
  --count N       cases of a run (default 300000)
  --index N       only this case, reported whole even if both agree
  --programs      whole programs instead of single instructions
  --translated    of programs: hot code is translated to WebAssembly
  --simd          VFP and Advanced SIMD instead of the core's instructions
  --encoding RE   only encodings whose name matches
  --show N        divergences to print (default 10)
  --verbose       counts for each encoding`;

interface Options {
  readonly seed: string;
  readonly seeds: number;
  readonly count: number;
  readonly index: number | undefined;
  readonly encoding: RegExp | undefined;
  readonly show: number;
  readonly verbose: boolean;
  readonly programs: boolean;
  readonly simd: boolean;
  readonly translated: boolean;
}

function readOptions(args: readonly string[]): Options | undefined {
  const text = { type: "string" } as const, flag = { type: "boolean" } as const;
  const { values } = parseArgs({
    args: [...args],
    options: {
      seed: text,
      seeds: text,
      count: text,
      index: text,
      encoding: text,
      show: text,
      verbose: flag,
      programs: flag,
      simd: flag,
      translated: flag,
      help: flag,
    },
  });
  if (values.help) return undefined;
  return {
    seed: values.seed ?? "1",
    seeds: number("seeds", values.seeds, 1),
    count: number("count", values.count, 300_000),
    index: values.index === undefined ? undefined : number("index", values.index, 0),
    encoding: values.encoding === undefined ? undefined : new RegExp(values.encoding),
    show: number("show", values.show, 10),
    verbose: values.verbose ?? false,
    programs: values.programs ?? false,
    simd: values.simd ?? false,
    translated: values.translated ?? false,
  };
}

function number(name: string, text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise;
  if (/^\d+$/.test(text)) return Number(text);
  throw new RangeError(`Cannot read --${name} "${text}": it is not a whole number; give one`);
}

/** Whether all agree. */
function runPrograms({ seed, seeds, count, index, show, translated }: Options): boolean {
  const { programs } = (translated ? openTranslatedComparer() : openComparer()).comparer;
  let failed = 0;
  const began = hostNow();
  for (let run = 0; run < seeds; run++) {
    const name = seedOf(seed, run);
    for (let i = index ?? 0; i < (index === undefined ? count : index + 1); i++) {
      const report = programs.run(makeProgram(name, i));
      if (report === undefined) continue;
      if (failed++ < show) console.log(report);
    }
    const took = (hostNow() - began) / 1e9;
    console.log(`seed ${name}: ${failed} programs differ, ${took.toFixed(1)} s`);
  }
  return failed === 0;
}

/** Numbers count up, other texts stay. */
function seedOf(seed: string, run: number): string {
  return /^\d+$/.test(seed) ? String(Number(seed) + run) : seed;
}

function run(options: Options): number {
  if (options.programs) return runPrograms(options) ? 0 : 1;
  const { comparer, disassemble } = options.simd ? openSimdComparer() : openComparer();
  const make = options.simd ? makeSimdCase : makeCase;
  if (options.index !== undefined) {
    const test = make(options.seed, options.index);
    const verdict = comparer.run(test);
    console.log(
      typeof verdict === "object"
        ? report(verdict, disassemble)
        : `${disassemble(test)}: ${verdict ?? "both agree"}`,
    );
    return typeof verdict === "object" ? 1 : 0;
  }
  let failed = 0;
  for (let i = 0; i < options.seeds; i++) {
    const seed = seedOf(options.seed, i);
    const tally = new Tally();
    const began = hostNow();
    for (let index = 0; index < options.count; index++) {
      const test = make(seed, index);
      if (options.encoding && !options.encoding.test(test.compiled?.encoding.name ?? "")) continue;
      tally.add(test, comparer.run(test));
    }
    const took = (hostNow() - began) / 1e9;
    print(seed, tally, took, options);
    for (const one of tally.divergences.slice(0, options.show)) {
      console.log(report(one, disassemble));
    }
    failed += tally.divergences.length;
  }
  return failed === 0 ? 0 : 1;
}

function print(seed: string, tally: Tally, took: number, { verbose }: Options): void {
  const rate = Math.round((tally.compared + tally.skippedCount) / took);
  console.log(
    `seed ${seed}: ${tally.compared} compared, ${tally.divergences.length} differ, ` +
      `${tally.skippedCount} not compared, ${took.toFixed(1)} s, ${rate} a second`,
  );
  console.log(tally.skippedText());
  if (tally.divergences.length > 0) console.log(tally.differingText());
  if (!verbose) return;
  for (const [name, count] of [...tally.encodings].toSorted((a, b) => a[1] - b[1])) {
    console.log(`  ${String(count).padStart(9)}  ${name}`);
  }
}

if (import.meta.main) {
  const options = readOptions(Deno.args);
  if (options === undefined) console.log(HELP);
  else Deno.exit(run(options));
}
