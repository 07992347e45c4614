/** Modem lines of a UART: status, edges, hardware flow control, wake-up (TRM 19.3.8.1.3.2). */
import type { Level, Wire, WireDriver } from "sims/engine/mod.ts";
import { UART } from "./uart_registers.ts";

export interface ModemInputs {
  readonly cts?: Wire;
  readonly dsr?: Wire;
  readonly ri?: Wire;
  readonly dcd?: Wire;
}

export interface ModemOutputs {
  readonly rts?: WireDriver;
  readonly dtr?: WireDriver;
}

const R = UART.index;
/** Of lines, as MSR[3:0] and MSR[7:4] have them. */
const LINE = { CTS: 1, DSR: 2, RI: 4, DCD: 8 } as const;
const MCR = { DTR: 1, RTS: 2, RI: 4, CD: 8, LOOPBACKEN: 0x10 } as const;
const EFR = { AUTORTSEN: 0x40, AUTOCTSEN: 0x80 } as const;
const SCR_WAKEUP = 0x10;
const SSR_WAKEUP = 0x02;
const EDGE = { CTS: 0x80, RTS: 0x40, DSR: 0x20 } as const;

export class UartModem {
  /** Lines that have become inactive: CTS and RTS as IER enables them, DSR as SCR does. */
  edges = 0;

  constructor(
    private readonly pins: ModemInputs & ModemOutputs,
    private readonly regs: Uint32Array,
    changed: () => void,
  ) {
    for (const wire of [pins.cts, pins.dsr, pins.ri, pins.dcd]) wire?.listen(changed);
  }

  /** Whether the transmitter may begin a character. */
  get clearToSend(): boolean {
    return (this.regs[R.EFR]! & EFR.AUTOCTSEN) === 0 || (this.regs[R.MSR]! & LINE.CTS << 4) !== 0;
  }

  /** MSR was read; whether that told of any change. */
  forgetChanges(): boolean {
    const value = this.regs[R.MSR]!;
    this.regs[R.MSR] = value & 0xf0;
    return (value & 0x0f) !== 0;
  }

  /** Reads the inputs and drives the outputs. */
  settle(received: number): void {
    this.#drive(received);
    const before = this.regs[R.MSR]! >>> 4;
    const now = this.#inputs();
    const changed = before ^ now;
    if (changed === 0) return;
    const ended = before & ~now;
    // Of RI only the end of a ring counts (MSR[2]).
    const told = changed & ~LINE.RI | ended & LINE.RI;
    this.regs[R.MSR] = now << 4 | this.regs[R.MSR]! & 0x0f | told;
    if (ended & LINE.CTS) this.edges |= EDGE.CTS;
    if (ended & LINE.DSR) this.edges |= EDGE.DSR;
    if (now & ~before & (LINE.CTS | LINE.DSR)) this.wake();
  }

  #inputs(): number {
    const mcr = this.regs[R.MCR]!;
    if (mcr & MCR.LOOPBACKEN) {
      return (mcr & MCR.RTS ? LINE.CTS : 0) | (mcr & MCR.DTR ? LINE.DSR : 0) |
        (mcr & MCR.RI ? LINE.RI : 0) | (mcr & MCR.CD ? LINE.DCD : 0);
    }
    const { cts, dsr, ri, dcd } = this.pins;
    const active = (wire: Wire | undefined, line: number) => wire?.level === 0 ? line : 0;
    return active(cts, LINE.CTS) | active(dsr, LINE.DSR) | active(ri, LINE.RI) |
      active(dcd, LINE.DCD);
  }

  #drive(received: number): void {
    const mcr = this.regs[R.MCR]!;
    this.pins.dtr?.drive(mcr & MCR.DTR ? 0 : 1);
    const { rts } = this.pins;
    if (!rts) return;
    const level = this.#requestToSend(rts.drives, received, (mcr & MCR.RTS) !== 0);
    if (level === 1 && rts.drives === 0) this.edges |= EDGE.RTS;
    rts.drive(level);
  }

  /** Auto-RTS: between its two levels the line stays as it is. */
  #requestToSend(drives: Level | undefined, received: number, asked: boolean): Level {
    if ((this.regs[R.EFR]! & EFR.AUTORTSEN) === 0) return asked ? 0 : 1;
    const tcr = this.regs[R.TCR]!;
    if (received >= Math.max(1, (tcr & 0x0f) << 2)) return 1;
    if (received <= (tcr >>> 4) << 2) return 0;
    return drives ?? 0;
  }

  /** SCR was written. */
  armWakeUp(): void {
    if ((this.regs[R.SCR]! & SCR_WAKEUP) === 0) this.regs[R.SSR]! &= ~SSR_WAKEUP;
  }

  /** A falling edge on RX, CTS or DSR. (Of RX it is seen when the character has come.) */
  wake(): void {
    if (this.regs[R.SCR]! & SCR_WAKEUP) this.regs[R.SSR]! |= SSR_WAKEUP;
  }

  reset(): void {
    this.edges = 0;
  }
}
