/** What the scenarios of the board's operating system have in common. */
import { type Duration, expect, measure, ms, seconds, step } from "hil";
import {
  type BeagleBone,
  beagleBone,
  type Capability,
  type Os,
  osFiles,
  type TftpServer,
  tftpServer,
} from "sims/bbb/mod.ts";

/** What U-Boot loads. */
export const FILES = await osFiles();
export const APPS = ["app1", "app2"] as const;
/** What feeds all clocks of the board. */
export const CRYSTAL_HZ = 24_000_000;
/** From power-on to the shell, by TFTP. */
export const UP_LIMIT = seconds(60);

/** @param wired what the scenario uses that not every bench has */
export function osLab(...wired: Capability[]) {
  return {
    board: beagleBone({ emmc: { uboot: "bookworm" }, needs: wired }),
    tftp: tftpServer({ files: FILES }),
  };
}

export interface OsLab {
  readonly board: BeagleBone;
  readonly tftp: TftpServer;
}

/** From off, so that nothing has been counted yet. */
export async function start(lab: OsLab): Promise<Os> {
  await lab.board.off();
  return await bringUp(lab);
}

export function bringUp({ board, tftp }: OsLab): Promise<Os> {
  return step("start the operating system", () => board.toOs({ tftp, within: UP_LIMIT }));
}

export type Fields = Readonly<Record<string, string>>;

/** The fields of each line of a good answer. */
export async function ask(os: Os, command: string, within = seconds(10)): Promise<Fields[]> {
  const { output, status } = await os.run(command, { within });
  expect(status, `the status of "${command}"`).toBe(0);
  return output.split("\n").filter(Boolean).map(fieldsOf);
}

/** "key=value …"; a word without a value is its own. */
function fieldsOf(line: string): Fields {
  return Object.fromEntries(
    line.split(" ").map((word) => word.split("=")).map(([key, value]) => [key, value ?? key]),
  );
}

/** Of an answer of one line. */
export async function askOne(os: Os, command: string, within?: Duration): Promise<Fields> {
  return (await ask(os, command, within))[0] ?? {};
}

export async function taskNamed(os: Os, name: string): Promise<Fields> {
  const task = (await ask(os, "tasks")).find((fields) => fields.name === name);
  expect(task !== undefined, `whether there is a task ${name}`).toBe(true);
  return task!;
}

/** Lets the board run on. */
export function pass(board: BeagleBone, time: Duration = ms(200)): Promise<unknown> {
  return board.clock.until(() => undefined, time);
}

/** Counters of the board itself, of one moment. */
export type Clocks = Readonly<Record<"ticks" | "clock32k" | "clock24m", number>>;

export async function clocks(os: Os): Promise<Clocks> {
  const { ticks, clock32k, clock24m } = await askOne(os, "ticks");
  return { ticks: Number(ticks), clock32k: Number(clock32k), clock24m: Number(clock24m) };
}

/** The counters are of 32 bits, and the crystal's wraps after 178 s. */
export function since(before: Clocks, after: Clocks): Clocks {
  return {
    ticks: (after.ticks - before.ticks) >>> 0,
    clock32k: (after.clock32k - before.clock32k) >>> 0,
    clock24m: (after.clock24m - before.clock24m) >>> 0,
  };
}

/** Lets so much time pass by the board's crystal, whatever the bench's clock says; gives the counts. */
export async function passOnBoard({ board }: OsLab, os: Os, time: Duration): Promise<Clocks> {
  const before = await clocks(os);
  for (;;) {
    await pass(board, ms(time.ms / 4));
    const passed = since(before, await clocks(os));
    if (passed.clock24m >= time.ns / 1e9 * CRYSTAL_HZ) return passed;
  }
}

/** Cycles of the processor that the system has measured, with limits for two of them. */
export function measureSamples(
  name: string,
  { count, min, median, max }: Fields,
  limits: { readonly median: number; readonly max: number },
): void {
  expect(Number(count), `samples of "${name}"`).toBeGreaterThan(0);
  measure(`${name}, least`, Number(min), { unit: "cycles" });
  measure(`${name}, median`, Number(median), { unit: "cycles", within: { max: limits.median } });
  measure(`${name}, most`, Number(max), { unit: "cycles", within: { max: limits.max } });
}
