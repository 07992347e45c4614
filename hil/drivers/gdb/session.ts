/** A conversation with one GDB: packets in, packets out. */
import { bytesOf, encodePacket, hexOf, type Incoming, PacketReader } from "./packets.ts";
import type { Breakpoint, BreakpointKind, GdbTarget, Stop } from "./target.ts";

/** GDB asks for no more in one packet. */
const PACKET_SIZE = 0x4000;
const OK = "OK";
const UNKNOWN = "";
/** The protocol gives the numbers no meaning. */
const ERROR = "E01";
const KINDS: readonly BreakpointKind[] = ["software", "hardware", "write", "read", "access"];
const WATCHES: Readonly<Record<string, string>> = {
  write: "watch",
  read: "rwatch",
  access: "awatch",
};

export interface GdbLink {
  send(bytes: Uint8Array): void;
  /** GDB is done with us. */
  end(): void;
}

export class GdbSession {
  readonly #reader = new PacketReader();
  readonly #target: GdbTarget;
  readonly #link: GdbLink;
  readonly #inserted = new Map<string, Breakpoint>();
  #acknowledges = true;
  #closed = false;
  #last: Uint8Array | undefined;
  #running: AbortController | undefined;
  #stop: Stop = { signal: 5 };
  /** One packet after the other, also when the answer takes time. */
  #work: Promise<void> = Promise.resolve();

  constructor(target: GdbTarget, link: GdbLink) {
    this.#target = target;
    this.#link = link;
    target.attached?.();
  }

  receive(bytes: Uint8Array): void {
    for (const incoming of this.#reader.feed(bytes)) this.#incoming(incoming);
  }

  /** The connection is gone: what was inserted is removed, and the machine goes on. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#running?.abort();
    for (const breakpoint of this.#inserted.values()) this.#target.remove(breakpoint);
    this.#inserted.clear();
    this.#target.detached();
  }

  #incoming(incoming: Incoming): void {
    switch (incoming.type) {
      case "interrupt":
        return this.#running?.abort();
      case "again":
        if (this.#last) this.#link.send(this.#last);
        return;
      case "damaged":
        return this.#acknowledge("-");
      case "packet": {
        this.#acknowledge("+");
        const { data } = incoming;
        this.#work = this.#work.then(() => this.#answer(data)).then((answer) => {
          if (answer !== undefined) this.#send(answer);
        });
      }
    }
  }

  #acknowledge(sign: "+" | "-"): void {
    if (this.#acknowledges) this.#link.send(Uint8Array.of(sign.charCodeAt(0)));
  }

  #send(data: string): void {
    this.#last = encodePacket(data);
    this.#link.send(this.#last);
  }

  async #answer(data: string): Promise<string | undefined> {
    try {
      const rest = data.slice(1);
      switch (data[0]) {
        case "?":
          return this.#stopReply();
        case "g":
          return hexOf(this.#target.generalRegisters.flatMap((n) => [...this.#register(n)]));
        case "G":
          return this.#writeAll(rest);
        case "p":
          return this.#readOne(rest);
        case "P":
          return this.#writeOne(rest);
        case "m":
          return this.#readMemory(rest);
        case "M":
        case "X":
          return this.#writeMemory(rest, data[0]);
        case "Z":
        case "z":
          return this.#breakpoint(rest, data[0] === "Z");
        case "c":
        case "s":
          return await this.#resume({ step: data[0] === "s", reverse: false });
        case "b":
          return await this.#back(rest);
        case "v":
          return await this.#multi(data);
        case "q":
        case "Q":
          return await this.#query(data);
        case "H":
        case "T":
          return OK;
        case "D":
          this.close();
          this.#send(OK);
          this.#link.end();
          return undefined;
        case "k":
          this.#link.end();
          return undefined;
        default:
          return UNKNOWN;
      }
    } catch {
      return ERROR; // What the target does not let GDB do is no reason to end the conversation.
    }
  }

  #register(n: number): Uint8Array {
    return this.#target.readRegister(n)!;
  }

  #readOne(hex: string): string {
    const bytes = this.#target.readRegister(parseInt(hex, 16));
    return bytes ? hexOf(bytes) : ERROR;
  }

  #writeOne(text: string): string {
    const [n, value = ""] = text.split("=");
    const bytes = bytesOf(value);
    return bytes && this.#target.writeRegister(parseInt(n!, 16), bytes) ? OK : ERROR;
  }

  #writeAll(hex: string): string {
    const bytes = bytesOf(hex);
    if (!bytes) return ERROR;
    let at = 0;
    for (const n of this.#target.generalRegisters) {
      const size = this.#register(n).length;
      if (at + size > bytes.length) break;
      this.#target.writeRegister(n, bytes.subarray(at, at + size));
      at += size;
    }
    return OK;
  }

  #readMemory(text: string): string {
    const { address, length } = range(text);
    const bytes = this.#target.readMemory(address, Math.min(length, PACKET_SIZE / 2));
    return bytes ? hexOf(bytes) : ERROR;
  }

  #writeMemory(text: string, how: string): string {
    const colon = text.indexOf(":");
    const { address, length } = range(text.slice(0, colon));
    const data = text.slice(colon + 1);
    const bytes = how === "M" ? bytesOf(data) : Uint8Array.from(data, (char) => char.charCodeAt(0));
    if (bytes?.length !== length) return ERROR;
    return length === 0 || this.#target.writeMemory(address, bytes) ? OK : ERROR;
  }

  #breakpoint(text: string, insert: boolean): string {
    const [digit = "", address = "", length = ""] = text.split(/[,;]/);
    const kind = KINDS[Number(digit)];
    if (kind === undefined) return UNKNOWN;
    const breakpoint = { kind, address: hex(address), length: hex(length) };
    const key = `${kind} ${address} ${length}`;
    if (insert === this.#inserted.has(key)) return OK;
    const done = insert ? this.#target.insert(breakpoint) : this.#target.remove(breakpoint);
    if (!done) return UNKNOWN;
    if (insert) this.#inserted.set(key, breakpoint);
    else this.#inserted.delete(key);
    return OK;
  }

  async #resume(how: { step: boolean; reverse: boolean }): Promise<string> {
    const running = this.#running = new AbortController();
    try {
      this.#stop = await this.#target.resume({ ...how, interrupt: running.signal });
    } finally {
      this.#running = undefined;
    }
    return this.#stopReply();
  }

  #back(how: string): Promise<string> | string {
    if (!this.#target.reversible || (how !== "s" && how !== "c")) return UNKNOWN;
    return this.#resume({ step: how === "s", reverse: true });
  }

  async #multi(data: string): Promise<string> {
    if (data === "vCont?") return "vCont;c;C;s;S";
    const action = /^vCont;([csCS])/.exec(data)?.[1]?.toLowerCase();
    return action ? await this.#resume({ step: action === "s", reverse: false }) : UNKNOWN;
  }

  #stopReply(): string {
    const { signal, watched, beginning } = this.#stop;
    const number = signal.toString(16).padStart(2, "0");
    if (beginning) return `T${number}replaylog:begin;`;
    if (watched === undefined) return `S${number}`;
    const kind = [...this.#inserted.values()].find(({ kind, address, length }) =>
      kind in WATCHES && watched >= address && watched < address + length
    )?.kind;
    return `T${number}${WATCHES[kind ?? "write"]}:${watched.toString(16)};`;
  }

  async #query(data: string): Promise<string> {
    const [name = "", ...rest] = data.split(/[:,;]/);
    switch (name) {
      case "qSupported":
        return `PacketSize=${PACKET_SIZE.toString(16)};qXfer:features:read+;QStartNoAckMode+;` +
          `vContSupported+;hwbreak+;swbreak+` +
          (this.#target.reversible ? ";ReverseStep+;ReverseContinue+" : "");
      case "QStartNoAckMode":
        this.#acknowledges = false;
        return OK;
      case "qXfer":
        return this.#transfer(rest);
      case "qAttached":
        return "1";
      case "qC":
        return "QC1";
      case "qfThreadInfo":
        return "m1";
      case "qsThreadInfo":
        return "l";
      case "qRcmd": {
        const command = new TextDecoder().decode(bytesOf(rest[0] ?? "") ?? new Uint8Array());
        const said = await this.#target.monitor(command);
        return said === "" ? OK : hexOf(new TextEncoder().encode(said));
      }
      default:
        return UNKNOWN;
    }
  }

  /** `qXfer:features:read:target.xml:OFFSET,LENGTH` */
  #transfer([object, action, annex, offset = "", length = ""]: readonly string[]): string {
    if (object !== "features" || action !== "read") return UNKNOWN;
    if (annex !== "target.xml") return "E00";
    const from = hex(offset);
    const part = this.#target.description.slice(from, from + hex(length));
    return `${from + part.length < this.#target.description.length ? "m" : "l"}${part}`;
  }
}

function hex(text: string): number {
  return parseInt(text, 16) || 0;
}

/** "ADDRESS,LENGTH" */
function range(text: string): { address: number; length: number } {
  const [address = "", length = ""] = text.split(",");
  return { address: hex(address), length: hex(length) };
}
