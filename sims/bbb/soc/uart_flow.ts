/** Software flow control of a UART: XON and XOFF characters, either way (TRM 19.3.8.1.3.3). */
import { UART } from "./uart_registers.ts";

const R = UART.index;
/** EFR[5], and SWFLOWCONTROL's halves: which characters are sent, which are heeded. */
const EFR = {
  SPECIAL: 0x20,
  SEND: 0x0c,
  SEND_1: 0x08,
  SEND_2: 0x04,
  HEED_1: 2,
  HEED_2: 1,
} as const;
const XONEN = 0x20;

export type UartFlowState = {
  readonly halted: boolean;
  readonly special: boolean;
  readonly askedToStop: boolean;
  readonly held: number | null;
};

export class UartFlow {
  /** The other side has asked to stop: what is in the transmit FIFO waits. */
  halted = false;
  /** The special character has come. */
  special = false;
  /** The other side was asked to stop. */
  #askedToStop = false;
  /** The first character of a pair, until the second one tells. */
  #held: number | null = null;

  constructor(private readonly regs: Uint32Array) {}

  /** An interrupt that IER[5] enables: XOFF until XON comes, or a special character. */
  get pending(): boolean {
    return this.halted || this.special;
  }

  /** A character without errors has come; gives those that go to the FIFO. */
  receive(byte: number): number[] {
    const efr = this.regs[R.EFR]!;
    if (efr & EFR.SPECIAL && byte === this.regs[R.XOFF2]) {
      this.special = true;
      return [byte];
    }
    const heeds = efr & (EFR.HEED_1 | EFR.HEED_2);
    if (heeds === 0) return [byte];
    if (this.halted && this.regs[R.MCR]! & XONEN) {
      // XON any: even a flow character is data then.
      this.halted = false;
      return [byte];
    }
    return heeds === 3 ? this.#pair(byte) : this.#single(byte, heeds === EFR.HEED_2 ? 1 : 0);
  }

  #single(byte: number, second: 0 | 1): number[] {
    const [xon, xoff] = second
      ? [this.regs[R.XON2_ADDR2], this.regs[R.XOFF2]]
      : [this.regs[R.XON1_ADDR1], this.regs[R.XOFF1]];
    if (byte !== xon && byte !== xoff) return [byte];
    this.halted = byte === xoff;
    return [];
  }

  /** XOFF1 and XOFF2, or XON1 and XON2, in sequence; the first of them alone is data. */
  #pair(byte: number): number[] {
    const held = this.#held;
    this.#held = null;
    const [xon1, xoff1] = [this.regs[R.XON1_ADDR1]!, this.regs[R.XOFF1]!];
    if (held === xon1 && byte === this.regs[R.XON2_ADDR2]) {
      this.halted = false;
      return [];
    }
    if (held === xoff1 && byte === this.regs[R.XOFF2]) {
      this.halted = true;
      return [];
    }
    const before = held === null ? [] : [held];
    if (byte !== xon1 && byte !== xoff1) return [...before, byte];
    this.#held = byte;
    return before;
  }

  /** What is sent before all else, as the receive FIFO fills and empties by the levels of TCR. */
  requests(received: number): number[] {
    const sends = this.regs[R.EFR]! & EFR.SEND;
    const tcr = this.regs[R.TCR]!;
    const full = sends !== 0 && received >= Math.max(1, (tcr & 0x0f) << 2);
    const empty = sends === 0 || received <= (tcr >>> 4) << 2;
    if (!this.#askedToStop && full) {
      this.#askedToStop = true;
      return this.#characters(sends, R.XOFF1, R.XOFF2);
    }
    if (this.#askedToStop && !full && empty) {
      this.#askedToStop = false;
      return this.#characters(sends, R.XON1_ADDR1, R.XON2_ADDR2);
    }
    return [];
  }

  /** The character twice, or the pair. Switched off meanwhile, the first one is sent. */
  #characters(sends: number, first: number, second: number): number[] {
    const [one, two] = [this.regs[first]!, this.regs[second]!];
    if (sends === EFR.SEND) return [one, two];
    return sends === EFR.SEND_2 ? [two, two] : [one, one];
  }

  reset(): void {
    this.halted = false;
    this.special = false;
    this.#askedToStop = false;
    this.#held = null;
  }

  save(): UartFlowState {
    const { halted, special } = this;
    return { halted, special, askedToStop: this.#askedToStop, held: this.#held };
  }

  load({ halted, special, askedToStop, held }: UartFlowState): void {
    this.halted = halted;
    this.special = special;
    this.#askedToStop = askedToStop;
    this.#held = held;
  }
}
