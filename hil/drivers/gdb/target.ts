/** What a GDB server needs of a machine that it is to debug. */

export interface Stop {
  /** POSIX number: 5 is SIGTRAP, 2 SIGINT, 11 SIGSEGV, 4 SIGILL. */
  readonly signal: number;
  /** Of a watchpoint, the address that was accessed. */
  readonly watched?: number;
  /** Going back has come to the oldest state that is known. */
  readonly beginning?: boolean;
}

export type BreakpointKind = "software" | "hardware" | "write" | "read" | "access";

export interface Breakpoint {
  readonly kind: BreakpointKind;
  readonly address: number;
  /** Bytes; of an ARM instruction 2, 3 (Thumb-2, 4 bytes) or 4. */
  readonly length: number;
}

/** A machine that stands still between two calls of {@link resume}. */
export interface GdbTarget {
  /** `target.xml`: its registers, in the order of their numbers. */
  readonly description: string;
  /** Raw bytes in target order, by number; undefined when there is no such register. */
  readRegister(n: number): Uint8Array | undefined;
  /** False when there is none, or it cannot be written. */
  writeRegister(n: number, bytes: Uint8Array): boolean;
  /** The numbers of the `g` packet, in its order. */
  readonly generalRegisters: readonly number[];
  /** Undefined when the memory cannot be read; may be shorter at the end of what is there. */
  readMemory(address: number, length: number): Uint8Array | undefined;
  writeMemory(address: number, bytes: Uint8Array): boolean;
  /** False when that kind is not offered. */
  insert(breakpoint: Breakpoint): boolean;
  remove(breakpoint: Breakpoint): boolean;
  /** Whether it can go back in time. */
  readonly reversible: boolean;
  /** Goes on until something stops it; `interrupt` aborts it with SIGINT. */
  resume(how: { step: boolean; reverse: boolean; interrupt: AbortSignal }): Promise<Stop>;
  /** `monitor COMMAND`: what is to be printed. */
  monitor(command: string): string | Promise<string>;
  /** GDB has come: the machine stands still from now on. */
  attached?(): void;
  /** GDB has gone, or asked for it: the machine goes on by itself. */
  detached(): void;
}
