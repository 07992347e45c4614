/**
 * One client's conversation with an NBD server, without input and output of its own: bytes go in,
 * what is to be done comes out. Fixed newstyle negotiation, then simple replies; strict: what the
 * specification does not allow is refused or ends the conversation.
 */
import { Inbox } from "./inbox.ts";
import { negotiate, type Option } from "./option.ts";
import * as nbd from "./protocol.ts";

export type NbdOperation = "read" | "write" | "flush" | "trim" | "zero";

/** A request in blocks of 512 bytes; addresses have up to 48 bits and more. */
export interface NbdRequest {
  readonly cookie: bigint;
  readonly operation: NbdOperation;
  readonly lba: number;
  readonly blocks: number;
  /** On stable storage before the answer. */
  readonly fua: boolean;
  /** Of a write. */
  readonly data?: Uint8Array;
}

/** What a session knows of an export. */
export interface ExportFacts {
  readonly name: string;
  readonly blocks: number;
  readonly readOnly: boolean;
}

export type SessionStep =
  | { readonly type: "send"; readonly bytes: Uint8Array }
  | { readonly type: "open"; readonly export: ExportFacts }
  | { readonly type: "request"; readonly request: NbdRequest }
  /** The conversation is over; with a reason when the client broke a rule. */
  | { readonly type: "close"; readonly reason?: string };

type Phase = "flags" | "options" | "requests" | "closed";

const REQUEST_SIZE = 28;
const OPTION_HEADER_SIZE = 16;
const KNOWN_FLAGS = nbd.NBD_FLAG_FIXED_NEWSTYLE | nbd.NBD_FLAG_NO_ZEROES;

const OPERATIONS: Readonly<Record<number, NbdOperation>> = {
  [nbd.Command.NBD_CMD_READ]: "read",
  [nbd.Command.NBD_CMD_WRITE]: "write",
  [nbd.Command.NBD_CMD_FLUSH]: "flush",
  [nbd.Command.NBD_CMD_TRIM]: "trim",
  [nbd.Command.NBD_CMD_WRITE_ZEROES]: "zero",
};

export class NbdSession {
  #phase: Phase = "flags";
  #noZeroes = false;
  #export: ExportFacts | undefined;
  readonly #inbox = new Inbox();

  /** @param exports the first one is the default, which clients ask for by an empty name */
  constructor(private readonly exports: readonly ExportFacts[]) {}

  /** What the server says before the client says anything. */
  greeting(): Uint8Array {
    return nbd.greeting();
  }

  /** Takes bytes in any portions; gives what they call for, in order. */
  receive(chunk: Uint8Array): SessionStep[] {
    if (this.#phase === "closed") return [];
    this.#inbox.push(chunk);
    const steps: SessionStep[] = [];
    for (;;) {
      const next = this.#next();
      if (!next) return steps;
      steps.push(...next);
      if (next.some((step) => step.type === "close")) {
        this.#phase = "closed";
        return steps;
      }
    }
  }

  /** The answer to a request: data of a read that went well, or an error. */
  reply(request: NbdRequest, error: number, data?: Uint8Array): Uint8Array {
    return nbd.simpleReply(request.cookie, error, error ? undefined : data);
  }

  /** What one whole message calls for; undefined while it is not whole. */
  #next(): SessionStep[] | undefined {
    switch (this.#phase) {
      case "flags":
        return this.#takeFlags();
      case "options":
        return this.#takeOption();
      case "requests":
        return this.#takeRequest();
      case "closed":
        return undefined;
    }
  }

  #takeFlags(): SessionStep[] | undefined {
    const bytes = this.#inbox.take(4);
    if (!bytes) return undefined;
    const flags = new DataView(bytes.buffer).getUint32(0);
    if (flags & ~KNOWN_FLAGS) return close(`client flags 0x${flags.toString(16)} are unknown`);
    if (!(flags & nbd.NBD_FLAG_FIXED_NEWSTYLE)) return close("the client is not fixed newstyle");
    this.#noZeroes = (flags & nbd.NBD_FLAG_NO_ZEROES) !== 0;
    this.#phase = "options";
    return [];
  }

  #takeOption(): SessionStep[] | undefined {
    const header = this.#inbox.peek(OPTION_HEADER_SIZE);
    if (!header) return undefined;
    if (header.getBigUint64(0) !== nbd.IHAVEOPT) return close("an option has the wrong magic");
    const number = header.getUint32(8);
    const size = header.getUint32(12);
    if (size > nbd.OPTION_LIMIT) return close(`an option has ${size} bytes of data`);
    const message = this.#inbox.take(OPTION_HEADER_SIZE + size);
    if (!message) return undefined;
    const option: Option = { number, data: message.subarray(OPTION_HEADER_SIZE) };
    const result = negotiate(option, this.exports, this.#noZeroes);
    if (result.opened) {
      this.#export = result.opened;
      this.#phase = "requests";
    }
    return result.steps;
  }

  #takeRequest(): SessionStep[] | undefined {
    const header = this.#inbox.peek(REQUEST_SIZE);
    if (!header) return undefined;
    if (header.getUint32(0) !== nbd.NBD_REQUEST_MAGIC) return close("a request has no magic");
    const flags = header.getUint16(4);
    const command = header.getUint16(6);
    const cookie = header.getBigUint64(8);
    const offset = header.getBigUint64(16);
    const length = header.getUint32(24);
    const isWrite = command === nbd.Command.NBD_CMD_WRITE;
    if (isWrite && length > nbd.PAYLOAD_LIMIT) return close(`a write has ${length} bytes`);
    const message = this.#inbox.take(REQUEST_SIZE + (isWrite ? length : 0));
    if (!message) return undefined;
    if (command === nbd.Command.NBD_CMD_DISC) return [{ type: "close" }];
    const operation = OPERATIONS[command];
    const error = this.#refusal({ operation, flags, offset, length });
    if (error || !operation) {
      return [{ type: "send", bytes: nbd.simpleReply(cookie, error || nbd.NbdErrno.EINVAL) }];
    }
    const request: NbdRequest = {
      cookie,
      operation,
      lba: operation === "flush" ? 0 : Number(offset / BigInt(nbd.BLOCK_SIZE)),
      blocks: operation === "flush" ? 0 : length / nbd.BLOCK_SIZE,
      fua: (flags & nbd.NBD_CMD_FLAG_FUA) !== 0,
      ...(isWrite ? { data: message.subarray(REQUEST_SIZE) } : {}),
    };
    return [{ type: "request", request }];
  }

  /** The error of a request that asks for what is not allowed; 0 for none. */
  #refusal(request: {
    operation: NbdOperation | undefined;
    flags: number;
    offset: bigint;
    length: number;
  }): number {
    const { operation, flags, offset, length } = request;
    const allowed = nbd.NBD_CMD_FLAG_FUA | (operation === "zero" ? nbd.NBD_CMD_FLAG_NO_HOLE : 0);
    if (!operation || flags & ~allowed) return nbd.NbdErrno.EINVAL;
    if (operation === "flush") return offset || length ? nbd.NbdErrno.EINVAL : 0;
    const { blocks, readOnly } = this.#export!;
    const changes = operation !== "read";
    if (changes && readOnly) return nbd.NbdErrno.EPERM;
    const size = BigInt(blocks) * BigInt(nbd.BLOCK_SIZE);
    const end = offset + BigInt(length);
    if (end > size) return changes ? nbd.NbdErrno.ENOSPC : nbd.NbdErrno.EINVAL;
    const aligned = offset % BigInt(nbd.BLOCK_SIZE) === 0n && length % nbd.BLOCK_SIZE === 0;
    const tooLong = operation === "read" && length > nbd.PAYLOAD_LIMIT;
    return !aligned || tooLong || length === 0 ? nbd.NbdErrno.EINVAL : 0;
  }
}

function close(reason: string): SessionStep[] {
  return [{ type: "close", reason }];
}
