/** For tests of UARTs: one with its wires, and what U-Boot does to it. */
import type { Random } from "hil/time/mod.ts";
import { type Peripheral, VirtualClock, Wire } from "sims/engine/mod.ts";
import type { Rig } from "./_registers.ts";
import { fixedClock } from "./clock_input.ts";
import { Uart, type UartOptions } from "./uart.ts";

/** Offsets; those of DATA to MSR in operational mode. */
export const AT = {
  DATA: 0x00,
  IER: 0x04,
  IIR: 0x08,
  LCR: 0x0c,
  MCR: 0x10,
  LSR: 0x14,
  MSR: 0x18,
} as const;
export const MDR1 = 0x20, SCR = 0x40, SSR = 0x44, SYSC = 0x54, SYSS = 0x58;
/** 10 bits of 26 x 16 cycles at 48 MHz are 86,666.67 ns. */
export const CHARACTER_NS = 86_667;

export interface Heard {
  readonly t: number;
  readonly byte: number;
  readonly isBreak?: boolean;
}

export interface UartRig extends Rig {
  readonly device: Uart;
  readonly irq: Wire;
  readonly cts: Wire;
  readonly rts: Wire;
  readonly heard: Heard[];
  readonly seen: readonly unknown[];
}

export function rig(options: Partial<UartOptions> = {}): UartRig {
  const clock = new VirtualClock("board");
  const irq = new Wire("irq");
  const cts = new Wire("cts", { pull: 1 });
  const rts = new Wire("rts");
  const device = new Uart({
    name: "UART0",
    clock,
    source: fixedClock("48 MHz", 48_000_000),
    irq: irq.driver("UART0"),
    modem: { cts, rts: rts.driver("UART0") },
    ...options,
  });
  const heard: Heard[] = [];
  device.connect({
    receive: (byte, errors) =>
      void heard.push({ t: clock.now(), byte, ...(errors?.isBreak && { isBreak: true }) }),
  });
  const peer = cts.driver("peer");
  return {
    clock,
    device,
    irq,
    cts,
    rts,
    heard,
    seen: heard,
    parts: [device, irq, cts, rts],
    disturb(random: Random) {
      if (random.below(3) === 0) peer.drive(random.below(2) as 0 | 1);
      else device.receive(random.below(256), { framing: random.below(8) === 0 });
    },
  };
}

/** 115,200 baud, 8N1, FIFOs on: as U-Boot does it. */
export function setUp({ device }: { device: Peripheral }, fcr = 7): void {
  const write = (offset: number, value: number) => device.write(offset, value, 1);
  write(AT.IER, 0);
  write(MDR1, 7);
  write(AT.MCR, 3);
  write(AT.IIR, fcr);
  write(AT.LCR, 0x83);
  write(AT.DATA, 0x1a);
  write(0x04, 0);
  write(AT.LCR, 3);
  write(MDR1, 0);
}

/** Writes registers of configuration mode B, and goes back to operational mode. */
export function inModeB(device: Peripheral, efr: number): void {
  const lcr = device.read(AT.LCR, 1);
  device.write(AT.LCR, 0xbf, 1);
  device.write(0x08, efr, 1);
  device.write(AT.LCR, lcr, 1);
}

export const lsr = (device: Peripheral) => device.read(AT.LSR, 1);
export const iir = (device: Peripheral) => device.read(AT.IIR, 1);
export const send = (device: Peripheral, text: string) => {
  for (const byte of new TextEncoder().encode(text)) device.write(AT.DATA, byte, 1);
};
