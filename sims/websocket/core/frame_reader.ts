/** Frames from octets that come in chunks of any size (RFC 6455, sections 5.2 to 5.5). */
import { ProtocolError } from "./errors.ts";
import { CONTROL_MAX_BYTES, FIN, MASK, restOfHeader, RSV } from "./frame.ts";

export interface FrameHeader {
  readonly fin: boolean;
  /** RSV1 to RSV3 where they are in the first octet. */
  readonly rsv: number;
  readonly opcode: number;
  readonly length: number;
  /** As `mask` takes it; undefined: the payload is not masked. */
  readonly key: number | undefined;
}

export interface FrameSink {
  /** @throws ProtocolError */
  begin(header: FrameHeader): void;
  /**
   * Part of the payload, masked as it came: `source` from `start` to before `end`. Its memory is
   * the sender's again afterwards.
   *
   * @throws ProtocolError
   */
  payload(source: Uint8Array, start: number, end: number): void;
  /** @throws ProtocolError */
  end(): void;
}

export interface FrameRules {
  /** Servers want masks, clients none (section 5.1). */
  readonly masked: boolean;
  /** RSV bits that an extension has given a meaning. */
  readonly rsv: number;
  readonly maxFrameBytes: number;
}

const HEADER_MAX_BYTES = 14;
/** The header that is being read: most come whole, and a connection keeps none. */
const passing = new Uint8Array(HEADER_MAX_BYTES);

const SECTION = "RFC 6455, section";

export class FrameReader {
  readonly #rules: FrameRules;
  readonly #sink: FrameSink;
  /** A header of which only part has come. */
  #part: Uint8Array | undefined;
  #have = 0;
  #need = 2;
  #left = 0;
  #inPayload = false;

  constructor(rules: FrameRules, sink: FrameSink) {
    this.#rules = rules;
    this.#sink = sink;
  }

  /** Whether a frame has begun and not ended. */
  get midFrame(): boolean {
    return this.#inPayload || this.#have > 0;
  }

  /**
   * Reads on, until `more` says no after a frame; what follows is then not looked at.
   *
   * @param length octets of the chunk
   * @throws ProtocolError
   */
  push(chunk: Uint8Array, more: () => boolean, length = chunk.length): void {
    let at = 0;
    while (at < length && more()) {
      at = this.#inPayload
        ? this.#readPayload(chunk, at, length)
        : this.#readHeader(chunk, at, length);
    }
  }

  #readPayload(chunk: Uint8Array, at: number, length: number): number {
    const end = Math.min(length, at + this.#left);
    this.#left -= end - at;
    this.#sink.payload(chunk, at, end);
    if (this.#left === 0) this.#finish();
    return end;
  }

  #readHeader(chunk: Uint8Array, at: number, length: number): number {
    const header = this.#part ?? passing;
    while (this.#have < this.#need && at < length) {
      header[this.#have++] = chunk[at++]!;
      if (this.#have === 1) this.#checkFirst(header[0]!);
      else if (this.#have === 2) {
        this.#checkSecond(header[0]!, header[1]!);
        this.#need = 2 + restOfHeader(header[1]!);
      }
    }
    if (this.#have >= 2 && this.#have === this.#need) this.#begin(header);
    else this.#part ??= passing.slice();
    return at;
  }

  #checkFirst(first: number): void {
    if (first & RSV & ~this.#rules.rsv) {
      throw violation("A frame has RSV bits that no extension has given a meaning", "5.2");
    }
    const opcode = first & 0x0f;
    if ((opcode > 0x2 && opcode < 0x8) || opcode > 0xa) {
      throw violation(`A frame has the reserved opcode ${opcode}`, "5.2");
    }
    if (opcode >= 0x8 && !(first & FIN)) throw violation("A control frame is fragmented", "5.5");
  }

  #checkSecond(first: number, second: number): void {
    const masked = (second & MASK) !== 0;
    if (masked !== this.#rules.masked) {
      const what = masked ? "A frame to the client is masked" : "A frame to the server has no mask";
      throw violation(what, "5.1");
    }
    if ((first & 0x8) && (second & 0x7f) > CONTROL_MAX_BYTES) {
      throw violation("A control frame is longer than 125 octets", "5.5");
    }
  }

  #begin(header: Uint8Array): void {
    const length = this.#length(header);
    let key: number | undefined;
    if (header[1]! & MASK) {
      const at = this.#need - 4;
      key = header[at]! | header[at + 1]! << 8 | header[at + 2]! << 16 | header[at + 3]! << 24;
    }
    const first = header[0]!;
    this.#sink.begin({ fin: first >= FIN, rsv: first & RSV, opcode: first & 0x0f, length, key });
    this.#part = undefined;
    this.#have = 0;
    this.#need = 2;
    this.#left = length;
    this.#inPayload = true;
    if (length === 0) this.#finish();
  }

  /** The length, which must be said in as few octets as can be (section 5.2). */
  #length(header: Uint8Array): number {
    const short = header[1]! & 0x7f;
    let length = short;
    if (short >= 126) {
      const size = short === 126 ? 2 : 8;
      length = 0;
      for (let i = 2; i < 2 + size; i++) length = length * 256 + header[i]!;
      if (size === 8 && header[2]! & 0x80) {
        throw violation("A frame's 64-bit length has its highest bit set", "5.2");
      }
      if (length < (size === 2 ? 126 : 65536)) {
        throw violation(`A frame says its length ${length} in more octets than it takes`, "5.2");
      }
    }
    const max = this.#rules.maxFrameBytes;
    if (length > max) {
      const what = `A frame of ${length} octets is longer than the ${max} that are taken`;
      throw new ProtocolError(what, 1009, `${SECTION} 10.4`);
    }
    return length;
  }

  #finish(): void {
    this.#inPayload = false;
    this.#sink.end();
  }
}

function violation(what: string, section: string): ProtocolError {
  return new ProtocolError(what, 1002, `${SECTION} ${section}`);
}
