/** What a scenario asks to be written down beside the trace: registers, instructions, coverage. */
import type { TargetContext } from "hil";
import type { Board } from "../board.ts";
import { Coverage } from "../debug/coverage.ts";
import { InstructionLog } from "../debug/instruction_log.ts";
import { RegisterLog } from "../debug/register_log.ts";
import type { LookingOptions } from "../port.ts";

const BUFFER = 64 << 10;

/** A text file that is written a piece at a time. */
class TextFile {
  readonly #file: Deno.FsFile;
  #text = "";

  constructor(path: string) {
    this.#file = Deno.openSync(path, { write: true, create: true, truncate: true });
  }

  line(text: string): void {
    this.#text += `${text}\n`;
    if (this.#text.length > BUFFER) this.#write();
  }

  close(): void {
    this.#write();
    this.#file.close();
  }

  #write(): void {
    const bytes = new TextEncoder().encode(this.#text);
    for (let at = 0; at < bytes.length;) at += this.#file.writeSync(bytes.subarray(at));
    this.#text = "";
  }
}

/** Starts to look; the files are there when the scenario is over. */
export function lookAt(board: Board, options: LookingOptions, context: TargetContext): void {
  if (options.registers) lookAtRegisters(board, options.registers, context);
  const { instructions, coverage } = options;
  if (instructions === undefined && !coverage) return;
  const log = instructions === undefined ? undefined : logOf(board, instructions, context);
  const covered = coverage ? new Coverage() : undefined;
  if (covered) context.defer("write the coverage", () => writeCoverage(board, covered, context));
  board.cpu.onInstruction = (address) => {
    log?.note(address);
    covered?.note(address);
    if (log?.full && !covered) board.cpu.onInstruction = undefined;
  };
}

function opened(name: string, title: string, { attachmentsDir, timeline }: TargetContext) {
  const file = new TextFile(`${attachmentsDir}/${name}`);
  timeline.record({ type: "attachment", path: name, title });
  return file;
}

function lookAtRegisters(board: Board, which: true | readonly string[], context: TargetContext) {
  const file = opened("registers.txt", "accesses to registers", context);
  const log = new RegisterLog({
    ...(which !== true && { peripherals: which }),
    now: () => board.clock.now(),
    pc: () => board.cpu.pc,
    line: (text) => file.line(text),
  });
  board.onAccess = (access) => log.note(access);
  context.defer("close the register log", () => {
    board.onAccess = undefined;
    log.flush();
    file.line("\nregisters touched, with reads and writes:");
    for (const [name, { reads, writes }] of [...log.touched].sort()) {
      file.line(`  ${name.padEnd(40)} ${reads} ${writes}`);
    }
    file.close();
  });
}

function logOf(board: Board, limit: number, context: TargetContext): InstructionLog {
  const file = opened("instructions.txt", "executed instructions", context);
  const log = new InstructionLog(board, { limit, line: (text) => file.line(text) });
  context.defer("close the instruction log", () => {
    log.flush();
    file.close();
  });
  return log;
}

function writeCoverage(board: Board, covered: Coverage, context: TargetContext): void {
  const file = opened("coverage.txt", "guest code that was executed", context);
  file.line(`${covered.count} instructions`);
  if (board.symbols) {
    for (const [name, count] of covered.functions(board.symbols)) file.line(`${name} ${count}`);
  }
  file.line("");
  for (const { from, to } of covered.ranges()) file.line(`${from.toString(16)}-${to.toString(16)}`);
  file.close();
}
