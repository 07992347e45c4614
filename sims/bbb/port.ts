/**
 * A BeagleBone Black as a scenario sees it, simulated or on a bench: power, consoles, pins, cards,
 * and the boot loader at its prompt.
 */
import {
  type Clock,
  type CommandResult,
  type Console,
  type Duration,
  type Gpio,
  type Need,
  need,
  type Power,
  registerError,
  type SerialPort,
  type Signal,
  type Storage,
} from "hil";
import { type Capability, required } from "./capabilities.ts";
import type { FrameData, LanFaults } from "./net/mod.ts";

/** Debian's U-Boot for the board: bookworm's is 2023.01, bullseye's 2021.01. */
export type UBootRelease = "bookworm" | "bullseye";

/** What a card holds, as data: a file of yours, or what the harness makes. */
export interface CardContents {
  /** A raw image, which is not changed; relative to the current folder. */
  readonly image?: string;
  /** Without an image. Default 64 MiB of card, 32 MiB of FAT. */
  readonly sizeMiB?: number;
  readonly fatMiB?: number;
  /** Debian's MLO and u-boot.img, on the FAT partition ("fat", the default) or at raw sectors. */
  readonly uboot?: UBootRelease;
  readonly layout?: "fat" | "raw";
  /** By name, on the FAT partition. Text is written as it is. */
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  /** Commands that U-Boot runs: becomes `boot.scr`. */
  readonly bootScript?: string;
}

export interface BoardOptions {
  /** Card in the slot (MMC0); default: none. */
  readonly sd?: CardContents;
  /** The eMMC (MMC1); default: empty, 4 GiB. */
  readonly emmc?: CardContents;
  /** Of a simulated board: what is written down beside the trace. */
  readonly look?: LookingOptions;
  /** Of a simulated board: an ELF file whose symbols name addresses in faults and logs. */
  readonly symbols?: string;
  /** Whether the boot button S2 is held at power-on: the slot is tried before the eMMC. */
  readonly s2?: boolean;
  /**
   * What the scenario uses that not every bench has wired: a bench without it skips the scenario
   * and says so. Cards and S2 are known from the options above.
   */
  readonly needs?: readonly Capability[];
}

/** The board runs a hundred times slower with instructions or coverage. */
export interface LookingOptions {
  /** All accesses to registers, or those of these peripherals ("UART0"): `registers.txt`. */
  readonly registers?: true | readonly string[];
  /** So many instructions from power-on: `instructions.txt`. */
  readonly instructions?: number;
  /** Which guest code was executed: `coverage.txt`. */
  readonly coverage?: boolean;
  /**
   * Pins ("P9.12", "USR0") and buses ("SPI1", "I2C0" to "I2C2", "MMC0" and "MMC1"), as signals of the
   * trace: `hil export TRACE --vcd FILE` shows them. This costs little.
   */
  readonly signals?: readonly string[];
}

/** U-Boot, at its prompt. */
export interface UBoot {
  /** Waits for the end of the boot, stops autoboot, and is at the prompt. */
  interrupt(options: { readonly within: Duration }): Promise<UBoot>;
  /**
   * Runs a command and gives what it said.
   *
   * @throws UBootError when its exit status is not 0
   */
  run(command: string, options?: { readonly within?: Duration }): Promise<string>;
  /** As {@link run}, for a command that may fail. */
  attempt(command: string, options?: { readonly within?: Duration }): Promise<CommandResult>;
  /** Jumps to an address; there is no prompt after that. */
  go(address: number): Promise<void>;
}

/** Where U-Boot gets the operating system from. */
export interface OsSource {
  /** Files os.bin and, onto the eMMC, apps.bin; default: from the eMMC, where they lie raw. */
  readonly tftp?: Pick<TftpServer, "address" | "clientAddress" | "netmask">;
}

/** An event that the operating system tells unasked. Kinds: its first word ("gpio"). */
export type OsEventData = { readonly text: string };

/** The operating system of `firmware/os`, at its shell: checked lines on the console. */
export interface Os {
  /** As `console.run`: the whole answer, with its exit status. */
  run(command: string, options?: { readonly within?: Duration }): Promise<CommandResult>;
  readonly events: Signal<OsEventData>;
}

/** A command of U-Boot's said no. */
export class UBootError extends Error {
  override readonly name = "UBootError";
  constructor(readonly command: string, readonly result: CommandResult) {
    super(
      `Cannot go on after "${command}": U-Boot's exit status is ${result.status}; it said:\n` +
        result.output.split("\n").map((line) => `  ${line}`).join("\n"),
    );
  }
}
registerError(UBootError);

/** Kinds: "on", "off", "reset"; and "rom" with what the boot ROM made of a device. */
export type BootData = { readonly note?: string };

export interface BeagleBone {
  readonly clock: Clock;
  readonly power: Power;
  /** UART0, the serial header. */
  readonly console: Console;
  /**
   * UART 1 to 5, 115200 8N1: name it among the needs ("uart 1").
   *
   * @throws RangeError when there is none, or the bench has not wired it
   */
  serial(uart: number): SerialPort;
  readonly uboot: UBoot;
  /**
   * U-Boot's prompt, from whatever state the board is in: off, booting, counting down, in a program,
   * hung. At once when it is there; otherwise its power is cut and given again.
   */
  toUboot(options: { readonly within: Duration }): Promise<UBoot>;
  /** The operating system's shell, likewise. `console.run` is that shell's from then on. */
  toOs(options: OsSource & { readonly within: Duration }): Promise<Os>;
  off(): Promise<void>;
  readonly gpio: Gpio;
  /** Power and what the boot ROM tells of itself, where that can be seen. */
  readonly boot: Signal<BootData>;
  readonly emmc: Storage;
  /** The card in the slot, if there is one. */
  readonly sd: Storage | undefined;
}

/** Something that the processor did wrong, or its program. Kinds: "fault". */
export type FaultData = {
  readonly pc: number;
  /** Symbol and offset, where an ELF file was given. */
  readonly symbol?: string;
  readonly what: string;
};

/** A board's whole state at one instant. Opaque; lives as long as the scenario. */
export interface BoardSnapshot {
  /** On the board's clock. */
  readonly t: number;
}

/** What only a simulated board offers. */
export interface SimulatedBoard {
  readonly faults: Signal<FaultData>;
  /** Instructions since power-on. */
  readonly instructions: number;
  snapshot(): Promise<BoardSnapshot>;
  /** The board goes on as it was then, but for the time, which is later. */
  restore(snapshot: BoardSnapshot): Promise<void>;
  /** What differs when anything of the board's state does: registers, RAM, peripherals, cards. */
  fingerprint(): Promise<string>;
  /** Pulls or plugs the network cable. */
  plug(cable: "in" | "out"): Promise<void>;
  /** Reads physical memory, past the processor. */
  memory(address: number, length: number): Promise<Uint8Array>;
}

/** The need for a board. */
export function beagleBone(options: BoardOptions = {}): Need<BeagleBone> {
  return need<BeagleBone>("board", { requires: required(options), options: { ...options } });
}

/** The need for a board that is simulated. */
export function simulatedBeagleBone(
  options: BoardOptions = {},
): Need<BeagleBone & SimulatedBoard> {
  return need<BeagleBone & SimulatedBoard>("board", {
    requires: ["simulated", ...required(options)],
    options: { ...options },
  });
}

export interface TftpOptions {
  /** Folder that is served; relative to the repository's root. */
  readonly root?: string;
  /** Files beside those of the folder, by name. */
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  /** Of a simulated network: every frame goes into the trace, and into `lan.pcapng` beside it. */
  readonly capture?: boolean;
}

/** A request as the server saw it. Kinds: "read", "write", "done", "failed". */
export type TftpData = {
  readonly file: string;
  readonly bytes?: number;
  readonly why?: string;
};

export interface TftpServer {
  /** Dotted: what `serverip` is set to. */
  readonly address: string;
  /** An address that the board may take in the same network, and its mask. */
  readonly clientAddress: string;
  readonly netmask: string;
  readonly requests: Signal<TftpData>;
}

/** What only a simulated network offers. */
export interface SimulatedNetwork {
  /** From now on frames are lost, doubled, held back or broken with these chances, by the seed. */
  disturb(faults: LanFaults): Promise<void>;
  /** All frames, with what became of them, when `capture` was asked for. */
  readonly frames: Signal<FrameData>;
}

/** The need for a TFTP server (with DHCP and ping) that the board can reach. */
export function tftpServer(options: TftpOptions = {}): Need<TftpServer> {
  return need<TftpServer>("tftp", { options: { ...options } });
}

/** The need for one on a network that is simulated. */
export function simulatedTftpServer(
  options: TftpOptions = {},
): Need<TftpServer & SimulatedNetwork> {
  return need<TftpServer & SimulatedNetwork>("tftp", {
    requires: ["simulated"],
    options: { ...options },
  });
}
