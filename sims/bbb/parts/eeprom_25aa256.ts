/**
 * 25AA256: 32 KiB of EEPROM on SPI (Microchip DS21822). Pages of 64 bytes, a write takes 5 ms.
 *
 * A command that the chip select cuts short of a whole byte is not carried out.
 */
import type { Json } from "hil/trace/mod.ts";
import type { EngineTimer, Part, VirtualClock, Wire } from "sims/engine/mod.ts";
import type { SpiDevice } from "./spi.ts";
import { SpiShift } from "./spi_shift.ts";

export const EEPROM_25AA256_BYTES = 0x8000;
const PAGE = 64;
const WRITE_NS = 5_000_000;

/** Table 2-1. */
const OP = { WRSR: 1, WRITE: 2, READ: 3, WRDI: 4, RDSR: 5, WREN: 6 } as const;
/** Table 2-2. */
const STATUS = { WIP: 1, WEL: 2, BP: 0x0c, WPEN: 0x80, STORED: 0x8c } as const;
const FLOATING = 0xff;

export interface Eeprom25aa256Options {
  readonly name: string;
  readonly clock: VirtualClock;
  /** Default: erased. */
  readonly contents?: Uint8Array;
  /** WP, active low; default: high. */
  readonly writeProtect?: Wire;
}

/** What is being written until it is done. */
type Write =
  | { readonly type: "page"; readonly page: number; readonly bytes: readonly (number | null)[] }
  | { readonly type: "status"; readonly value: number };

export class Eeprom25aa256 implements SpiDevice, Part {
  readonly version = 1;
  readonly name: string;
  /** All bytes, as they are now. */
  readonly memory = new Uint8Array(EEPROM_25AA256_BYTES).fill(0xff);
  readonly #clock: VirtualClock;
  readonly #writeProtect: Wire | undefined;
  readonly #timer: EngineTimer;
  readonly #shift = new SpiShift({
    give: () => this.#give(),
    take: (byte) => this.#take(byte),
  });
  #selected = false;
  /** Bytes since the chip select, but for data: the instruction and an address. */
  #header: number[] = [];
  #address = 0;
  /** Of a WRITE or WRSR: what has come. */
  #data: (number | null)[] = [];
  #received = 0;
  /** BP0, BP1, WPEN: kept without power. */
  #status = 0;
  #latch = false;
  #write: Write | undefined;
  #doneAt: number | undefined;

  constructor({ name, clock, contents, writeProtect }: Eeprom25aa256Options) {
    this.name = name;
    this.#clock = clock;
    this.#writeProtect = writeProtect;
    if (contents && contents.length > EEPROM_25AA256_BYTES) {
      throw new RangeError(
        `Cannot fill EEPROM "${name}" with ${contents.length} bytes: it has 32768; give no more`,
      );
    }
    if (contents) this.memory.set(contents);
    this.#timer = clock.timer(`${name} write`, () => this.#done());
  }

  /** Status register as RDSR gives it. */
  get status(): number {
    return this.#status | (this.#write ? STATUS.WIP : 0) | (this.#latch ? STATUS.WEL : 0);
  }

  select(active: boolean): void {
    if (active === this.#selected) return;
    this.#selected = active;
    if (active) this.#begin();
    else if (this.#shift.bits === 0) this.#carryOut();
  }

  #begin(): void {
    this.#header = [];
    this.#data = [];
    this.#received = 0;
    this.#address = 0;
    this.#shift.start();
  }

  transfer(mosi: number, bits: number): number {
    return this.#shift.transfer(mosi, bits);
  }

  /** The byte that goes out while the next one comes in. */
  #give(): number {
    const [op] = this.#header;
    if (op === OP.RDSR) return this.status;
    if (op !== OP.READ || this.#header.length < 3 || this.#write) return FLOATING;
    // Past the last byte it goes on with the first.
    const byte = this.memory[this.#address]!;
    this.#address = (this.#address + 1) % EEPROM_25AA256_BYTES;
    return byte;
  }

  #take(byte: number): void {
    const [op] = this.#header;
    const addressed = op === OP.READ || op === OP.WRITE;
    if (op === undefined || (addressed && this.#header.length < 3)) {
      this.#header.push(byte);
      if (this.#header.length === 3) {
        this.#address = (this.#header[1]! << 8 | byte) % EEPROM_25AA256_BYTES;
      }
    } else if (op !== OP.READ) this.#keep(byte);
  }

  /** Past the end of a page it goes on at the page's start, over what came first. */
  #keep(byte: number): void {
    if (this.#data.length === 0) this.#data = new Array(PAGE).fill(null);
    this.#data[(this.#address + this.#received) % PAGE] = byte;
    this.#received++;
  }

  /** The chip select ends a command: now it is done. */
  #carryOut(): void {
    const [op] = this.#header;
    if (this.#write) return;
    if (op === OP.WREN && this.#received === 0) this.#latch = true;
    if (op === OP.WRDI && this.#received === 0) this.#latch = false;
    if (!this.#latch || this.#received === 0) return;
    if (op === OP.WRSR) this.#writeStatus();
    if (op === OP.WRITE && !this.#protected(this.#address)) {
      const page = this.#address - this.#address % PAGE;
      this.#start({ type: "page", page, bytes: this.#data });
    }
  }

  /** With WPEN, a low WP pin protects the status register (table 2-4). */
  #writeStatus(): void {
    if (this.#status & STATUS.WPEN && this.#writeProtect?.level === 0) return;
    const value = this.#data.find((byte) => byte !== null)! & STATUS.STORED;
    this.#start({ type: "status", value });
  }

  /** BP: nothing, the upper quarter, the upper half, everything (table 2-3). */
  #protected(address: number): boolean {
    const from = [0x8000, 0x6000, 0x4000, 0][(this.#status & STATUS.BP) >>> 2]!;
    return address >= from;
  }

  #start(write: Write): void {
    this.#write = write;
    this.#doneAt = this.#clock.now() + WRITE_NS;
    this.settle();
  }

  #done(): void {
    const write = this.#write!;
    if (write.type === "status") this.#status = write.value;
    else {
      for (const [n, byte] of write.bytes.entries()) {
        if (byte !== null) this.memory[write.page + n] = byte;
      }
    }
    this.#write = undefined;
    this.#doneAt = undefined;
    this.#latch = false;
  }

  /** Power goes: a write that is under way is lost, the byte pattern of its page stays. */
  powerOff(): void {
    this.#write = undefined;
    this.#doneAt = undefined;
    this.#latch = false;
    this.#selected = false;
    this.#begin();
    this.settle();
  }

  save(): Json {
    return {
      memory: this.memory.toBase64(),
      shift: this.#shift.save(),
      selected: this.#selected,
      header: this.#header,
      address: this.#address,
      data: this.#data,
      received: this.#received,
      status: this.#status,
      latch: this.#latch,
      write: (this.#write ?? null) as Json,
      doneAt: this.#doneAt ?? null,
    };
  }

  load(state: Json): void {
    const saved = state as {
      memory: string;
      shift: Json;
      selected: boolean;
      header: number[];
      address: number;
      data: (number | null)[];
      received: number;
      status: number;
      latch: boolean;
      write: Write | null;
      doneAt: number | null;
    };
    this.memory.set(Uint8Array.fromBase64(saved.memory));
    this.#shift.load(saved.shift);
    this.#selected = saved.selected;
    this.#header = [...saved.header];
    this.#address = saved.address;
    this.#data = [...saved.data];
    this.#received = saved.received;
    this.#status = saved.status;
    this.#latch = saved.latch;
    this.#write = saved.write ?? undefined;
    this.#doneAt = saved.doneAt ?? undefined;
  }

  settle(): void {
    if (this.#doneAt === undefined) this.#timer.cancel();
    else this.#timer.set(this.#doneAt);
  }
}
