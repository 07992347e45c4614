/**
 * One side of an open WebSocket connection (RFC 6455, sections 5 to 8; RFC 7692, section 6), without
 * any input or output of its own: octets in, events out; commands in, octets out.
 */
import { Compressor, Decompressor, type DeflateParameters } from "./deflate.ts";
import { CLOSE, mayBeSent, ProtocolError } from "./errors.ts";
import { CONTROL_MAX_BYTES, FIN, FrameWriter, OPCODE, RSV1 } from "./frame.ts";
import { FrameReader } from "./frame_reader.ts";
import { Incoming } from "./incoming.ts";
import { type Limits, withDefaults } from "./limits.ts";
import type { SendMemory } from "./send_memory.ts";

export type WebSocketEvent =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "binary"; readonly bytes: Uint8Array }
  | { readonly type: "ping"; readonly payload: Uint8Array }
  | { readonly type: "pong"; readonly payload: Uint8Array }
  /**
   * The peer's close frame; code 1005 when it had none. Nothing comes after it. What is still to be
   * said may be, and then {@link Connection.answerClose} ends it.
   */
  | { readonly type: "close"; readonly code: number; readonly reason: string }
  /** The peer broke the protocol or a limit. Nothing comes after it. */
  | { readonly type: "failed"; readonly error: ProtocolError };

export interface ConnectionOptions {
  readonly role: "server" | "client";
  readonly limits?: Partial<Limits>;
  /** What the handshake agreed on. */
  readonly deflate?: DeflateParameters | undefined;
  /** Messages shorter than this are sent as they are; default 1024. */
  readonly compressFromBytes?: number;
  /** 32 bits that nobody can foresee, for each frame of a client (section 5.3). */
  readonly maskKey: () => number;
  /** Where what is sent waits; default: fresh memory. Who gives it calls {@link Connection.recycle}. */
  readonly memory?: SendMemory;
}

const encoder = new TextEncoder();
const NO_EVENTS: WebSocketEvent[] = [];
const NOTHING = new Uint8Array(0);

export class Connection {
  readonly #options: ConnectionOptions;
  readonly #reader: FrameReader;
  readonly #incoming: Incoming;
  readonly #out: FrameWriter;
  readonly #compressor: Compressor | undefined;
  readonly #compressFrom: number;
  #events = NO_EVENTS;
  #closeSent = false;
  /** The peer has closed or failed: nothing more is read. */
  #ended = false;
  /** Of the peer's close frame. */
  #closeCode: number | undefined;
  /** Opcode of the message that is sent in fragments. */
  #sending: number | undefined;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    const limits = withDefaults(options.limits);
    const { role, deflate } = options;
    this.#out = new FrameWriter(options.memory);
    const [own, peer] = deflate ? directions(role, deflate) : [];
    this.#compressor = own && new Compressor(own);
    this.#compressFrom = options.compressFromBytes ?? 1024;
    const decompressor = peer && new Decompressor(peer, limits.maxMessageBytes);
    this.#incoming = new Incoming(limits, decompressor, (event) => this.#arrived(event));
    this.#reader = new FrameReader({
      masked: role === "server",
      rsv: decompressor ? RSV1 : 0,
      maxFrameBytes: limits.maxFrameBytes,
    }, this.#incoming);
  }

  /**
   * What the octets bring. Pongs, and the close frame of a failure, are among what {@link take} gives.
   * `chunk` may be used again afterwards: events have memory of their own.
   *
   * @param length how many octets of it there are; default: all
   */
  receive(chunk: Uint8Array, length = chunk.length): readonly WebSocketEvent[] {
    try {
      this.#reader.push(chunk, this.#more, length);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#put({ type: "failed", error });
      this.#ended = true;
      this.#sendClose(error.closeCode, error.message);
    }
    const events = this.#events;
    this.#events = NO_EVENTS;
    return events;
  }

  readonly #more = () => !this.#ended;

  /** Whether the peer has begun a frame or a message and not ended it. */
  get midMessage(): boolean {
    return this.#reader.midFrame || this.#incoming.midMessage;
  }

  /** No data may be sent any more: a close frame was (section 5.5.1). */
  get closeSent(): boolean {
    return this.#closeSent;
  }

  /** Nothing more is read: the peer's close frame came, or it was failed. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Octets that {@link take} would give. */
  get pendingBytes(): number {
    return this.#out.pending;
  }

  /** What is to be sent, in order; it belongs to the caller. */
  take(): Uint8Array<ArrayBuffer> {
    return this.#out.take();
  }

  /** What {@link take} gave last was sent: its memory may be used again, and not by the caller. */
  recycle(): void {
    this.#out.recycle();
  }

  /**
   * Sends a whole message.
   *
   * @returns false when it is too late: a close frame was sent
   * @throws Error while a message is sent in fragments
   */
  send(message: string | Uint8Array): boolean {
    if (this.#closeSent) return false;
    if (this.#sending !== undefined) throw new Error(midFragments("send a message"));
    const text = typeof message === "string";
    const plain = text && this.#options.role === "server" && !this.#compressor;
    if (plain && this.#out.ascii(FIN | OPCODE.TEXT, message)) return true;
    const payload = text ? encoder.encode(message) : message;
    const opcode = text ? OPCODE.TEXT : OPCODE.BINARY;
    if (this.#compressor?.able && payload.length >= this.#compressFrom) {
      this.#frame(FIN | RSV1 | opcode, this.#compressor.compress(payload));
    } else this.#frame(FIN | opcode, payload);
    return true;
  }

  /**
   * Sends part of a message, as a frame (section 5.4), never compressed. Text is cut between
   * characters by whoever gives strings; octets of a text may be cut anywhere.
   *
   * @throws Error when the parts of one message differ in kind
   */
  sendFragment(kind: "text" | "binary", part: string | Uint8Array, last: boolean): boolean {
    if (this.#closeSent) return false;
    const opcode = kind === "text" ? OPCODE.TEXT : OPCODE.BINARY;
    if (this.#sending !== undefined && this.#sending !== opcode) {
      throw new Error(midFragments(`send a ${kind} fragment`));
    }
    const first = this.#sending === undefined ? opcode : OPCODE.CONTINUATION;
    this.#sending = last ? undefined : opcode;
    const payload = typeof part === "string" ? encoder.encode(part) : part;
    this.#frame((last ? FIN : 0) | first, payload);
    return true;
  }

  /** @throws RangeError when the payload is longer than 125 octets */
  ping(payload: Uint8Array = NOTHING): boolean {
    return this.#control(OPCODE.PING, payload);
  }

  /** A pong that nobody asked for: a one-way heartbeat (section 5.5.3). */
  pong(payload: Uint8Array = NOTHING): boolean {
    return this.#control(OPCODE.PONG, payload);
  }

  /**
   * Begins or answers the closing handshake (section 7.1.2).
   *
   * @param code 1005: a close frame without one
   * @throws RangeError when no close frame may carry the code, or the reason is over 123 octets
   */
  close(code: number = CLOSE.NORMAL, reason = ""): boolean {
    if (code !== CLOSE.NO_STATUS && !mayBeSent(code)) {
      throw new RangeError(
        `Cannot close with code "${code}": no close frame may carry it; give 1000 to 1014 ` +
          `but 1004 to 1006, or 3000 to 4999`,
      );
    }
    if (encoder.encode(reason).length > CONTROL_MAX_BYTES - 2) {
      throw new RangeError(
        `Cannot close with reason "${reason}": it is longer than 123 octets; give a shorter one`,
      );
    }
    return this.#sendClose(code, reason);
  }

  /** Echoes the code of the peer's close frame (section 5.5.1), unless a close frame was sent. */
  answerClose(): boolean {
    return this.#closeCode !== undefined && this.#sendClose(this.#closeCode, "");
  }

  /** To be called when the transport ends without a close frame: frees what zlib holds. */
  abandon(): void {
    this.#closeSent = this.#ended = true;
    this.#compressor?.close();
  }

  #control(opcode: number, payload: Uint8Array): boolean {
    if (payload.length > CONTROL_MAX_BYTES) {
      throw new RangeError(
        `Cannot send a control frame of "${payload.length}" octets: it may have 125; give fewer`,
      );
    }
    if (this.#closeSent) return false;
    this.#frame(FIN | opcode, payload);
    return true;
  }

  /** A reason that is too long is cut between characters. */
  #sendClose(code: number, reason: string): boolean {
    if (this.#closeSent) return false;
    this.#closeSent = true;
    this.#compressor?.close();
    if (code === CLOSE.NO_STATUS) this.#frame(FIN | OPCODE.CLOSE, NOTHING);
    else {
      const payload = new Uint8Array(CONTROL_MAX_BYTES);
      payload[0] = code >>> 8;
      payload[1] = code;
      const { written } = encoder.encodeInto(reason, payload.subarray(2));
      this.#frame(FIN | OPCODE.CLOSE, payload.subarray(0, 2 + written));
    }
    return true;
  }

  #frame(first: number, payload: Uint8Array): void {
    const { role, maskKey } = this.#options;
    this.#out.frame(first, payload, role === "client" ? maskKey() : undefined);
  }

  /** Most chunks bring one: the list of it has room for one, not for the many that a push makes. */
  #put(event: WebSocketEvent): void {
    if (this.#events === NO_EVENTS) this.#events = [event];
    else this.#events.push(event);
  }

  #arrived(event: WebSocketEvent): void {
    this.#put(event);
    if (event.type === "ping") this.pong(event.payload);
    else if (event.type === "close") {
      this.#ended = true;
      this.#closeCode = event.code;
    }
  }
}

function midFragments(what: string): string {
  return `Cannot ${what}: another message is being sent in fragments; send its last one first`;
}

/** Compression of what this side sends and of what it receives. */
function directions(role: "server" | "client", agreed: DeflateParameters) {
  const server = {
    windowBits: agreed.serverMaxWindowBits,
    takeover: !agreed.serverNoContextTakeover,
  };
  const client = {
    windowBits: agreed.clientMaxWindowBits,
    takeover: !agreed.clientNoContextTakeover,
  };
  return role === "server" ? [server, client] as const : [client, server] as const;
}
