/** One interface that is listened on, whatever happens to it: down, up, gone, back. */
import { setImmediate } from "node:timers";
import { Capture, type CapturedPacket, CaptureError } from "hil/drivers/pcap/mod.ts";
import { type Duration, ms, pause } from "hil/time/mod.ts";

export interface ListenerOptions {
  readonly interface: string;
  readonly ports: readonly number[];
  readonly gather: Duration;
  readonly bufferBytes: number;
  /** Bytes are overwritten afterwards. */
  readonly see: (packet: CapturedPacket) => void;
  readonly problem: (text: string) => void;
}

export interface ListenerCounts {
  readonly received: number;
  readonly dropped: number;
}

/** Between two looks at other work: what was decided must get out while a flood comes in. */
const BATCH = 512;
const RETRY = ms(250);

export class Listener {
  #capture: Capture | undefined;
  #closed = false;
  #running: Promise<void> | undefined;
  #problem: string | undefined;
  /** Of captures that have ended. */
  #before = { received: 0, dropped: 0 };

  constructor(private readonly options: ListenerOptions) {}

  /**
   * An interface that is not there yet may come.
   *
   * @throws CaptureError when there will never be a capture: no library, no permission
   */
  open(): void {
    try {
      this.#capture = this.#openCapture();
    } catch (error) {
      if (!(error instanceof CaptureError) || error.trouble !== "no interface") throw error;
      this.#complain(error.message);
    }
    this.#running = this.#run();
  }

  get interface(): string {
    return this.options.interface;
  }

  /** Why it does not hear now. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** Calendar time on the clock of the packets. */
  now(): number | undefined {
    const time = this.#capture?.now();
    return time && time.seconds * 1e9 + time.nanoseconds;
  }

  get counts(): ListenerCounts {
    const { received = 0, dropped = 0 } = this.#capture?.statistics() ?? {};
    return {
      received: this.#before.received + received,
      dropped: this.#before.dropped + dropped,
    };
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#capture?.close();
    await this.#running;
  }

  async #run(): Promise<void> {
    while (!this.#closed) {
      try {
        this.#capture ??= this.#openCapture();
        if (this.#problem) this.options.problem(`Listening on "${this.interface}" again`);
        this.#problem = undefined;
        await this.#hear(this.#capture);
      } catch (error) {
        this.#complain((error as Error).message);
        await this.#drop();
        await pause(RETRY);
      }
    }
  }

  async #hear(capture: Capture): Promise<void> {
    const { see } = this.options;
    while (await capture.ready()) {
      while (capture.drain(see, BATCH) === BATCH) {
        await new Promise<void>((resolve) => void setImmediate(resolve));
      }
    }
  }

  async #drop(): Promise<void> {
    const capture = this.#capture;
    if (!capture) return;
    this.#before = this.counts;
    this.#capture = undefined;
    await capture.close();
  }

  #openCapture(): Capture {
    const { interface: name, ports, gather, bufferBytes } = this.options;
    return Capture.open({ interface: name, filter: filterOf(ports), gather, bufferBytes });
  }

  #complain(text: string): void {
    if (this.#problem !== text) this.options.problem(text);
    this.#problem = text;
  }
}

/**
 * All of SIP; what follows the first fragments of it, which has no ports; and what has a tag of a VLAN
 * still when the kernel has taken the outer one off, as it does before a filter sees a frame.
 */
export function filterOf(ports: readonly number[]): string {
  const sip = ports.map((port) => `port ${port}`).join(" or ");
  const fragments = "(ip[6:2] & 0x1fff != 0) or (ip6[6] = 44)";
  return `${sip} or ${fragments} or ether proto 0x8100 or ether proto 0x88a8`;
}
