/**
 * MCP23S18: 16 pins with open-drain outputs on SPI (Microchip DS22103), in both of its register
 * layouts, with its two interrupt outputs.
 *
 * Pins that interrupt are compared as inputs; INTF and INTCAP of a port stand still until its
 * interrupt is cleared.
 */
import type { Json } from "hil/trace/mod.ts";
import type { Level, Part, Wire, WireDriver } from "sims/engine/mod.ts";
import type { SpiDevice } from "./spi.ts";
import { SpiShift } from "./spi_shift.ts";

const OPCODE = { WRITE: 0x40, READ: 0x41 } as const;
const FLOATING = 0xff;
/** In the order of their addresses (tables 1-5 and 1-6). */
const REGISTERS = [
  "IODIR",
  "IPOL",
  "GPINTEN",
  "DEFVAL",
  "INTCON",
  "IOCON",
  "GPPU",
  "INTF",
  "INTCAP",
  "GPIO",
  "OLAT",
] as const;
type Register = typeof REGISTERS[number];
type Port = 0 | 1;

const IOCON = { BANK: 0x80, MIRROR: 0x40, SEQOP: 0x20, ODR: 4, INTPOL: 2, INTCC: 1 } as const;
const IOCON_BITS = 0xe7;
/** Where addresses start over. */
const LAST = { BANK_0: 0x15, BANK_1: 0x1a } as const;

export interface Mcp23s18Options {
  readonly name: string;
  /** GPA0 to GPA7, GPB0 to GPB7. */
  readonly pins: readonly Wire[];
  readonly intA?: WireDriver;
  readonly intB?: WireDriver;
}

export class Mcp23s18 implements SpiDevice, Part {
  readonly name: string;
  readonly version = 1;
  readonly #options: Mcp23s18Options;
  readonly #drivers: readonly WireDriver[];
  /** Both ports of each register; IOCON is one register with two addresses. */
  readonly #registers = new Map<Register, [number, number]>();
  /** Levels of the pins, by port, as they were compared last. */
  readonly #seen: [number, number] = [0, 0];
  readonly #shift = new SpiShift({
    give: () => this.#give(),
    take: (byte) => this.#take(byte),
  });
  #selected = false;
  /** Bytes since the chip select, up to the address. */
  #header: number[] = [];
  #address = 0;

  constructor(options: Mcp23s18Options) {
    this.name = options.name;
    this.#options = options;
    this.#drivers = options.pins.map((pin) => pin.driver(options.name));
    for (const pin of options.pins) pin.listen(() => this.#compare());
    this.reset();
  }

  /** As after power-on, or a low level on RESET. */
  reset(): void {
    for (const register of REGISTERS) {
      this.#registers.set(register, register === "IODIR" ? [0xff, 0xff] : [0, 0]);
    }
    this.#header = [];
    this.#address = 0;
    this.#shift.start();
    this.#seen[0] = this.#levels(0);
    this.#seen[1] = this.#levels(1);
    this.settle();
  }

  /** What a register holds, without what reading it does. */
  peek(register: Register, port: Port): number {
    return register === "GPIO" ? this.#gpio(port) : this.#registers.get(register)![port];
  }

  select(active: boolean): void {
    if (active && !this.#selected) {
      this.#header = [];
      this.#shift.start();
    }
    this.#selected = active;
  }

  transfer(mosi: number, bits: number): number {
    return this.#shift.transfer(mosi, bits);
  }

  #give(): number {
    if (this.#header.length < 2 || this.#header[0] !== OPCODE.READ) return FLOATING;
    const value = this.#read(this.#address);
    this.#address = this.#nextAddress();
    return value;
  }

  #take(byte: number): void {
    if (this.#header.length < 2) {
      this.#header.push(byte);
      this.#address = byte;
    } else if (this.#header[0] === OPCODE.WRITE) {
      // Where the pointer goes next is settled before the write may change the layout.
      const [address, next] = [this.#address, this.#nextAddress()];
      this.#address = next;
      this.#write(address, byte);
    }
  }

  get #iocon(): number {
    return this.#registers.get("IOCON")![0];
  }

  /** With SEQOP set the pointer stays, or in the paired layout goes to and fro between ports. */
  #nextAddress(): number {
    const [banked, fixed] = [this.#iocon & IOCON.BANK, this.#iocon & IOCON.SEQOP];
    if (fixed) return banked ? this.#address : this.#address ^ 1;
    return this.#address === (banked ? LAST.BANK_1 : LAST.BANK_0) ? 0 : (this.#address + 1) & 0xff;
  }

  #at(address: number): { register: Register; port: Port } | undefined {
    const banked = (this.#iocon & IOCON.BANK) !== 0;
    const port = banked ? address >> 4 : address & 1;
    const register = REGISTERS[banked ? address & 0x0f : address >> 1];
    return register && port < 2 ? { register, port: port as Port } : undefined;
  }

  /** Addresses without a register read as 0. */
  #read(address: number): number {
    const at = this.#at(address);
    if (!at) return 0;
    const value = this.peek(at.register, at.port);
    // INTCC: what clears an interrupt is reading INTCAP, or GPIO.
    if (at.register === (this.#iocon & IOCON.INTCC ? "INTCAP" : "GPIO")) this.#clear(at.port);
    return value;
  }

  #write(address: number, byte: number): void {
    const at = this.#at(address);
    if (!at || at.register === "INTF" || at.register === "INTCAP") return;
    const register = at.register === "GPIO" ? "OLAT" : at.register;
    const values = this.#registers.get(register)!;
    if (register === "IOCON") values.fill(byte & IOCON_BITS);
    else values[at.port] = byte;
    if (register === "GPINTEN") this.#registers.get("INTF")![at.port] &= byte;
    this.settle();
  }

  #clear(port: Port): void {
    this.#registers.get("INTF")![port] = 0;
    this.settle();
  }

  /** Of a port's pins. */
  #levels(port: Port): number {
    let levels = 0;
    for (let n = 0; n < 8; n++) levels |= (this.#options.pins[8 * port + n]?.level ?? 0) << n;
    return levels;
  }

  #gpio(port: Port): number {
    return this.#levels(port) ^ this.#registers.get("IPOL")![port];
  }

  settle(): void {
    for (const port of [0, 1] as const) {
      for (let n = 0; n < 8; n++) this.#drive(port, n);
    }
    this.#compare();
  }

  /** Outputs pull low or let go; the resistor is there for inputs and outputs alike. */
  #drive(port: Port, n: number): void {
    const bit = (register: Register) => this.#registers.get(register)![port] >> n & 1;
    const driver = this.#drivers[8 * port + n];
    driver?.pull(bit("GPPU") ? 1 : undefined);
    driver?.drive(bit("IODIR") === 0 && bit("OLAT") === 0 ? 0 : undefined);
  }

  /** Against the last level, or against DEFVAL, as INTCON says. */
  #compare(): void {
    for (const port of [0, 1] as const) {
      const values = (register: Register) => this.#registers.get(register)![port];
      const levels = this.#levels(port);
      const changed = levels ^ this.#seen[port];
      this.#seen[port] = levels;
      if (values("INTF") !== 0) continue;
      const differs = levels ^ values("DEFVAL");
      const caused = values("GPINTEN") & values("IODIR") &
        (~values("INTCON") & changed | values("INTCON") & differs);
      if (caused === 0) continue;
      this.#registers.get("INTF")![port] = caused;
      this.#registers.get("INTCAP")![port] = this.#gpio(port);
    }
    this.#interrupt();
  }

  #interrupt(): void {
    const [a, b] = this.#registers.get("INTF")!.map((flags) => flags !== 0) as [boolean, boolean];
    const mirror = (this.#iocon & IOCON.MIRROR) !== 0;
    this.#options.intA?.drive(this.#output(mirror ? a || b : a));
    this.#options.intB?.drive(this.#output(mirror ? a || b : b));
  }

  /** Open drain goes before the polarity. */
  #output(active: boolean): Level | undefined {
    if (this.#iocon & IOCON.ODR) return active ? 0 : undefined;
    return active === ((this.#iocon & IOCON.INTPOL) !== 0) ? 1 : 0;
  }

  save(): Json {
    return {
      registers: Object.fromEntries(this.#registers) as Json,
      seen: [...this.#seen],
      shift: this.#shift.save(),
      selected: this.#selected,
      header: [...this.#header],
      address: this.#address,
    };
  }

  load(state: Json): void {
    const saved = state as {
      registers: Record<Register, [number, number]>;
      seen: [number, number];
      shift: Json;
      selected: boolean;
      header: number[];
      address: number;
    };
    for (const register of REGISTERS) {
      const [a, b] = saved.registers[register];
      this.#registers.set(register, [a, b]);
    }
    [this.#seen[0], this.#seen[1]] = saved.seen;
    this.#shift.load(saved.shift);
    this.#selected = saved.selected;
    this.#header = [...saved.header];
    this.#address = saved.address;
  }
}
