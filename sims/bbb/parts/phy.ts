/** An Ethernet PHY as its MAC sees it: management registers on one side, frames on the other. */
import type { Frame, Reception } from "sims/bbb/net/lan.ts";

/** On the two-wire management bus (IEEE 802.3, clause 22). */
export interface MdioDevice {
  readonly name: string;
  /** 0 to 31. */
  readonly address: number;
  read(register: number): number;
  write(register: number, value: number): void;
}

/** The MII: what a MAC sends and receives through a PHY. */
export interface Mii {
  readonly name: string;
  /** The link is up. What is sent while it is not, is lost. */
  readonly link: boolean;
  /** When the line is free for the next frame. */
  readonly lineFreeAt: number;
  readonly speedMbps: number;
  transmit(frame: Frame): void;
  /** For the MAC: called when the last bit of a frame has come. */
  onReceive: ((frame: Frame, reception: Reception) => void) | undefined;
}

export interface Phy extends MdioDevice, Mii {
  /** Called when the link went up or down. */
  onLink(listener: () => void): void;
}
