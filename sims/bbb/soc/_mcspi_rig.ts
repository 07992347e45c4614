/** For tests of McSPI: one with two devices that answer, and a channel set up. */
import { VirtualClock, Wire } from "sims/engine/mod.ts";
import type { SpiDevice } from "../parts/spi.ts";
import { SpiBus } from "../parts/spi_bus.ts";
import type { Rig } from "./_registers.ts";
import { fixedClock } from "./clock_input.ts";
import { Mcspi } from "./mcspi.ts";

export const STATUS = 0x118, ENABLE = 0x11c, MODULCTRL = 0x128, XFERLEVEL = 0x17c;
export const channel = (n: number) => ({
  CONF: 0x12c + 0x14 * n,
  STAT: 0x130 + 0x14 * n,
  CTRL: 0x134 + 0x14 * n,
  TX: 0x138 + 0x14 * n,
  RX: 0x13c + 0x14 * n,
});
export const { CONF, STAT, CTRL, TX, RX } = channel(0);
export const RXS = 1, TXS = 2, EOT = 4;
export const TX_EMPTY = 1, TX_UNDERFLOW = 2, RX_FULL = 4, EOW = 1 << 17;
/** Divide by 16: 3 MHz; active low chip select; data line 0 out, 1 in, as after reset. */
export const BASE = 0x6_0000 | 4 << 2 | 1 << 6;
export const WORD_8 = 7 << 7, WORD_16 = 15 << 7, WORD_32 = 31 << 7;
export const FORCE = 1 << 20, TURBO = 1 << 19, RECEIVE_ONLY = 1 << 12, TRANSMIT_ONLY = 2 << 12;
export const FFEW = 1 << 27, FFER = 1 << 28;
export const SINGLE = 1;
/** 8 bits at 3 MHz. */
export const BYTE_NS = 2_667;

export interface SpiRig extends Rig {
  readonly device: Mcspi;
  readonly irq: Wire;
  readonly select: readonly Wire[];
  readonly seen: string[];
}

/** Two devices that answer with the complement of what they hear, and note it. */
export function rig(): SpiRig {
  const clock = new VirtualClock("board");
  const irq = new Wire("irq");
  const select = Array.from({ length: 4 }, (_, n) => new Wire(`SPIEN${n}`, { pull: 1 }));
  const seen: string[] = [];
  const bus = new SpiBus();
  for (const n of [0, 1]) {
    const device: SpiDevice = {
      name: `device ${n}`,
      select: (active) => seen.push(`${clock.now()} ${n} ${active ? "on" : "off"}`),
      transfer(mosi, bits) {
        seen.push(`${clock.now()} ${n} ${mosi.toString(16)}/${bits}`);
        return (~mosi & (2 ** bits - 1)) >>> 0;
      },
    };
    bus.attach(device, select[n]!);
  }
  const device = new Mcspi({
    name: "McSPI1",
    clock,
    source: fixedClock("48 MHz", 48_000_000),
    irq: irq.driver("McSPI1"),
    select: select.map((wire) => wire.driver("McSPI1")),
    bus,
  });
  return { clock, irq, select, seen, device, parts: [device, irq, ...select] };
}

/** One channel, its chip select by hand. */
export function single(conf: number, level = 0) {
  const board = rig();
  const write = (offset: number, value: number) => board.device.write(offset, value, 4);
  write(channel(1).CONF, BASE);
  write(MODULCTRL, SINGLE);
  write(XFERLEVEL, level);
  write(CONF, BASE | conf);
  write(CTRL, 1);
  write(CONF, BASE | conf | FORCE);
  board.seen.length = 0;
  const read = (offset: number) => board.device.read(offset, 4) >>> 0;
  return { ...board, write, read };
}
