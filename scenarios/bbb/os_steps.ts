/** What the scenarios of the board's operating system have in common. */
import { type Duration, expect, ms, seconds, step } from "hil";
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

export function start({ board, tftp }: OsLab): Promise<Os> {
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
