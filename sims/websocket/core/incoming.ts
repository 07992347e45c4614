/** Messages and control frames from frames (RFC 6455, sections 5.4, 5.5 and 8.1). */
import type { WebSocketEvent } from "./connection.ts";
import type { Decompressor } from "./deflate.ts";
import { CLOSE, mayBeSent, ProtocolError } from "./errors.ts";
import { OPCODE } from "./frame.ts";
import type { FrameHeader, FrameSink } from "./frame_reader.ts";
import type { Limits } from "./limits.ts";
import { mask } from "./mask.ts";
import { PayloadBuffer } from "./payload_buffer.ts";
import { decodeUtf8, Utf8Validator } from "./utf8.ts";

const SECTION = "RFC 6455, section";

export class Incoming implements FrameSink {
  readonly #limits: Limits;
  readonly #decompressor: Decompressor | undefined;
  readonly #emit: (event: WebSocketEvent) => void;
  #header!: FrameHeader;
  /** Opcode of the message that is not whole; undefined between messages. */
  #kind: number | undefined;
  #compressed = false;
  readonly #message = new PayloadBuffer();
  /** A message that came in one piece, unmasked: it is not gathered. */
  #piece: Uint8Array | undefined;
  /** Made when they are needed: most messages come in one piece. */
  #control: PayloadBuffer | undefined;
  #utf8: Utf8Validator | undefined;
  /** Octets of the message that were found to be UTF-8. */
  #validated = 0;

  constructor(
    limits: Limits,
    decompressor: Decompressor | undefined,
    emit: (event: WebSocketEvent) => void,
  ) {
    this.#limits = limits;
    this.#decompressor = decompressor;
    this.#emit = emit;
  }

  get midMessage(): boolean {
    return this.#kind !== undefined;
  }

  begin(header: FrameHeader): void {
    this.#header = header;
    const { opcode, rsv, length } = header;
    if (opcode >= 0x8) {
      if (rsv) throw violation("A control frame has RSV1 set", 1002, "RFC 7692, section 6.1");
      this.#control ??= new PayloadBuffer();
      this.#control.expect(length);
      return;
    }
    if (opcode === OPCODE.CONTINUATION) {
      if (this.#kind === undefined) {
        throw violation("A continuation frame continues nothing", 1002, `${SECTION} 5.4`);
      }
      if (rsv) {
        throw violation("A continuation frame has RSV1 set", 1002, "RFC 7692, section 6.1");
      }
    } else {
      if (this.#kind !== undefined) {
        const what = "A message begins before the one in fragments has ended";
        throw violation(what, 1002, `${SECTION} 5.4`);
      }
      this.#kind = opcode;
      this.#compressed = rsv !== 0;
    }
    const size = this.#message.length + length;
    const max = this.#limits.maxMessageBytes;
    if (size > max) {
      const what = `A message of ${size} octets or more is longer than the ${max} that are taken`;
      throw violation(what, 1009, `${SECTION} 10.4`);
    }
    this.#message.expect(size);
  }

  payload(source: Uint8Array, start: number, end: number): void {
    const { opcode, fin, length, key } = this.#header;
    if (opcode >= 0x8) return this.#control!.append(source, start, end, key);
    if (fin && end - start === length && this.#message.length === 0) {
      const passing = this.#kind === OPCODE.TEXT || this.#compressed;
      this.#piece = passing && length <= SHORT_BYTES
        ? shortPiece(source, start, end, key)
        : pieceOf(source, start, end, { passing, key });
      return;
    }
    this.#message.append(source, start, end, key);
    if (this.#kind === OPCODE.TEXT && !this.#compressed) this.#validate();
  }

  end(): void {
    const { opcode, fin } = this.#header;
    if (opcode >= 0x8) this.#controlEnds(opcode);
    else {
      this.#message.endFrame();
      if (fin) this.#messageEnds();
    }
  }

  #validate(): void {
    const bytes = this.#message.view(this.#validated);
    this.#validated += bytes.length;
    this.#utf8 ??= new Utf8Validator();
    if (!this.#utf8.push(bytes)) throw notUtf8("A text message");
  }

  #messageEnds(): void {
    const kind = this.#kind;
    const raw = this.#piece ?? this.#message.take();
    this.#piece = undefined;
    const bytes = this.#compressed ? this.#decompressor!.decompress(raw) : raw;
    this.#kind = undefined;
    this.#validated = 0;
    if (kind === OPCODE.BINARY) return this.#emit({ type: "binary", bytes });
    const text = decodeUtf8(bytes);
    // Whoever gets past this ends with a whole character: the validator is as new.
    if (text === undefined) throw notUtf8("A text message");
    this.#emit({ type: "text", text });
  }

  #controlEnds(opcode: number): void {
    const payload = this.#control!.take();
    if (opcode === OPCODE.PING) this.#emit({ type: "ping", payload });
    else if (opcode === OPCODE.PONG) this.#emit({ type: "pong", payload });
    else this.#emit(closeEvent(payload));
  }
}

/** Unmasked; what is read at once and not kept is made where the last one was. */
function pieceOf(
  source: Uint8Array,
  start: number,
  end: number,
  { passing, key }: { readonly passing: boolean; readonly key: number | undefined },
): Uint8Array {
  const isKept = !passing || end - start > scratch.length;
  const piece = isKept ? source.slice(start, end) : scratch.subarray(0, end - start);
  if (!isKept) piece.set(source.subarray(start, end));
  if (key !== undefined) mask(piece, key);
  return piece;
}

/** The same of few octets: one loop is faster than calls of the platform's. */
function shortPiece(source: Uint8Array, start: number, end: number, key = 0): Uint8Array {
  const length = end - start;
  for (let i = 0; i < length; i++) scratch[i] = source[start + i]! ^ key >>> 8 * (i & 3);
  return shortPieces[length]!;
}

const scratch = new Uint8Array(16 * 1024);
const SHORT_BYTES = 125;
const shortPieces = Array.from({ length: SHORT_BYTES + 1 }, (_, i) => scratch.subarray(0, i));

function closeEvent(payload: Uint8Array): WebSocketEvent {
  if (payload.length === 0) return { type: "close", code: CLOSE.NO_STATUS, reason: "" };
  if (payload.length === 1) {
    throw violation("A close frame has one octet of a code", 1002, `${SECTION} 5.5.1`);
  }
  const code = payload[0]! << 8 | payload[1]!;
  if (!mayBeSent(code)) {
    throw violation(`A close frame has the code ${code}`, 1002, `${SECTION} 7.4`);
  }
  const reason = decodeUtf8(payload.subarray(2));
  if (reason === undefined) throw notUtf8("The reason of a close frame");
  return { type: "close", code, reason };
}

function notUtf8(what: string): ProtocolError {
  return violation(`${what} is no UTF-8`, 1007, `${SECTION} 8.1`);
}

function violation(what: string, closeCode: number, section: string): ProtocolError {
  return new ProtocolError(what, closeCode, section);
}
