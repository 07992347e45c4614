/** What passes between a card and MMCHS: for traces to see, and for scenarios to disturb. */
import type { CommandFault } from "./mmchs_command.ts";
import type { BlockFault } from "./mmchs_data.ts";
import type { MmchsEvent } from "./mmchs_registers.ts";

export type { BlockFault, CommandFault };

/** Faults between card and controller, as a scenario injects them. */
export interface MmchsFaults {
  command?(index: number, argument: number): CommandFault | undefined;
  /** `lba` is undefined for registers of the card. */
  block?(write: boolean, lba: number | undefined): BlockFault | undefined;
}

/** What passed between card and controller, for traces. */
export type MmchsTrace =
  | {
    readonly kind: "command";
    readonly index: number;
    readonly argument: number;
    /** Empty: the card kept silent. */
    readonly response: readonly number[];
    /** The controller sent it of its own accord. */
    readonly auto: boolean;
    readonly errors: readonly MmchsEvent[];
  }
  | {
    readonly kind: "block";
    readonly write: boolean;
    readonly lba: number | undefined;
    readonly fault: BlockFault | undefined;
  };
