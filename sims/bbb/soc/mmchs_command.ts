/**
 * The command side of MMCHS (AM335x TRM SPRUH73, sections 18.3.1.2 and 18.3.9): a command on its way
 * to the card, and what is found wrong with the response.
 */
import { fieldOf } from "sims/engine/mod.ts";
import type { Json } from "hil/trace/mod.ts";
import type { CardResponse } from "../card/mod.ts";
import { FIELDS, type MmchsEvent } from "./mmchs_registers.ts";

/** What happens to a command or to its response. */
export type CommandFault = "timeout" | "crc" | "index" | "end bit";

export interface Command {
  /** The register SD_CMD. */
  readonly cmd: number;
  readonly argument: number;
  /** Undefined: the card kept silent. */
  readonly response: CardResponse | undefined;
  readonly fault: CommandFault | undefined;
}

export interface Outcome extends Command {
  readonly errors: readonly MmchsEvent[];
}

/** Of SD_CMD's RSP_TYPE. */
export const RSP_TYPE = { none: 0, long: 1, short: 2, busy: 3 } as const;

export const COMMAND_CLOCKS = 48;
/** From a command to its response (NCR), and that. */
export const RESPONSE_CLOCKS = 8 + 48;
const LONG_RESPONSE_CLOCKS = 8 + 136;
/** After a command, until its response is given up. */
export const SILENT_CLOCKS = 64;
const INITIALIZE_CLOCKS = 80;
const FIELD = FIELDS.CMD;

interface Pending {
  /** Undefined: the stream of ones that CON.INIT asks for. */
  readonly command: Command | undefined;
  readonly clocks: number;
  /** On the clock; undefined while the card's clock stands. */
  readonly at: number | undefined;
}

export class CommandLine {
  #pending: Pending | undefined;
  /** After an error, until SRC. */
  #hung = false;

  /** @param after the time when so many periods of the card's clock have passed */
  constructor(private readonly after: (clocks: number) => number | undefined) {}

  /** PSTATE: CMDI. */
  get active(): boolean {
    return this.#pending !== undefined || this.#hung;
  }
  /** When the response has come, or should have. */
  get at(): number | undefined {
    return this.#pending?.at;
  }

  send(command: Command): void {
    const kind = fieldOf(command.cmd, FIELD.RSP_TYPE);
    const answer = kind === RSP_TYPE.none
      ? 0
      : command.response === undefined
      ? SILENT_CLOCKS
      : kind === RSP_TYPE.long
      ? LONG_RESPONSE_CLOCKS
      : RESPONSE_CLOCKS;
    const clocks = COMMAND_CLOCKS + answer;
    this.#pending = { command, clocks, at: this.after(clocks) };
  }

  initialize(): void {
    const clocks = INITIALIZE_CLOCKS;
    this.#pending = { command: undefined, clocks, at: this.after(clocks) };
  }

  /** SRC. */
  reset(): void {
    this.#pending = undefined;
    this.#hung = false;
  }

  clockChanged(): void {
    const pending = this.#pending;
    if (!pending || pending.at !== undefined) return;
    this.#pending = { ...pending, at: this.after(pending.clocks) };
  }

  /** The time of `at` has come; undefined after the initialization. */
  ring(csre: number): Outcome | undefined {
    const { command } = this.#pending!;
    this.#pending = undefined;
    if (!command) return undefined;
    const errors = errorsOf(command, csre);
    this.#hung = errors.some((error) => error === "CTO" || error === "CCRC" || error === "CEB");
    return { ...command, errors };
  }

  save(): Json {
    const pending = this.#pending;
    if (!pending) return { pending: null, hung: this.#hung };
    const { command, clocks, at } = pending;
    const saved = command && {
      cmd: command.cmd,
      argument: command.argument,
      response: command.response ? { ...command.response } : null,
      fault: command.fault ?? null,
    };
    return { pending: { command: saved ?? null, clocks, at: at ?? null }, hung: this.#hung };
  }

  load(state: Json): void {
    const { pending, hung } = state as unknown as Saved;
    this.#hung = hung;
    const command = pending?.command && {
      ...pending.command,
      response: pending.command.response ?? undefined,
      fault: pending.command.fault ?? undefined,
    };
    this.#pending = pending
      ? { command: command ?? undefined, clocks: pending.clocks, at: pending.at ?? undefined }
      : undefined;
  }
}

interface Saved {
  readonly hung: boolean;
  readonly pending: {
    readonly command: {
      readonly cmd: number;
      readonly argument: number;
      readonly response: CardResponse | null;
      readonly fault: CommandFault | null;
    } | null;
    readonly clocks: number;
    readonly at: number | null;
  } | null;
}

function errorsOf({ cmd, response, fault }: Command, csre: number): MmchsEvent[] {
  const kind = fieldOf(cmd, FIELD.RSP_TYPE);
  if (kind === RSP_TYPE.none) return [];
  if (!response) return ["CTO"];
  const checksCrc = fieldOf(cmd, FIELD.CCCE) === 1;
  const checksIndex = fieldOf(cmd, FIELD.CICE) === 1;
  const errors: MmchsEvent[] = [];
  // Of another length than was expected: neither its end nor its checksum is where it should be.
  const wrongLength = (response.words.length === 4) !== (kind === RSP_TYPE.long);
  if (wrongLength || fault === "end bit") errors.push("CEB");
  if (checksCrc && (wrongLength || fault === "crc" || response.unchecked)) errors.push("CCRC");
  if (checksIndex && (fault === "index" || response.index !== fieldOf(cmd, FIELD.INDX))) {
    errors.push("CIE");
  }
  // R1 and its kind are those whose index is checked.
  if (checksIndex && response.words[0]! & csre) errors.push("CERR");
  return errors;
}
