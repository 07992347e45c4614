/** What a lab is made of, as data. */
import type { Duration } from "../../time/mod.ts";

export interface LabOptions {
  /** Each a bridge that all links to it are plugged into; at most 15 letters. */
  readonly networks: Readonly<Record<string, NetworkOptions>>;
  readonly hosts: Readonly<Record<string, HostOptions>>;
  /** Set for every program: a target passes its context's `processEnv`. */
  readonly processEnv?: Readonly<Record<string, string>>;
}

export interface NetworkOptions {
  /** In bytes. Default: 1500. */
  readonly mtu?: number;
}

export interface HostOptions {
  /** By their names in the host: "eth0". */
  readonly links: Readonly<Record<string, LinkOptions>>;
  /** Where it sends what is for other networks; one for each family. */
  readonly gateway?: string | readonly string[];
  /**
   * Where it sends what is for a network: an address, or one of its links. `local`: all addresses of
   * it are its own, so that programs can bind to them.
   */
  readonly routes?: Readonly<Record<string, string>>;
  /** Passes on what is for others, of both families. Default: only with `masquerade`. */
  readonly forward?: boolean;
  /** A link: what leaves by it has its address instead of the sender's. */
  readonly masquerade?: string;
}

export interface LinkOptions {
  /** One of the lab's. */
  readonly network: string;
  /** With their prefixes: "198.51.100.1/24", "2001:db8::1/64". They are there at once (no DAD). */
  readonly addresses?: readonly string[];
  readonly impair?: Impairment;
}

/** What a bad line does to packets (tc-netem(8)). */
export interface Impairment {
  /** Of the packets that the host sends ("out"), that it gets ("in"), or each. Default: "both". */
  readonly direction?: "out" | "in" | "both";
  readonly delay?: Duration;
  /** The delay differs by so much in either direction. */
  readonly jitter?: Duration;
  /** The share that is lost: 0 to 1. */
  readonly loss?: number;
  /** The share that comes twice: 0 to 1. */
  readonly duplicate?: number;
  /** The share that is not delayed, and so overtakes those before it: 0 to 1; needs a delay. */
  readonly reorder?: number;
  readonly rateBitsPerS?: number;
  /**
   * Makes the chance the same each time: frame by frame, for each direction. Then the line is made by
   * the harness, to the millisecond, as also where the kernel has no netem.
   */
  readonly seed?: number;
}

/** Who makes a bad line: the kernel's netem, or the harness, whose process then has work to do. */
export type ImpairedBy = "kernel" | "program";
