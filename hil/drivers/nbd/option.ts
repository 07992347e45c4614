/** Negotiation: what an NBD client may ask for before it reads and writes, and the answers. */
import * as nbd from "./protocol.ts";
import type { ExportFacts, SessionStep } from "./session.ts";

export interface Option {
  readonly number: number;
  readonly data: Uint8Array;
}

export interface Negotiated {
  readonly steps: SessionStep[];
  /** Set when requests come next. */
  readonly opened?: ExportFacts;
}

/** Zeroes after the answer to NBD_OPT_EXPORT_NAME, for clients that did not waive them. */
const EXPORT_NAME_PADDING = 124;

/** Answers one option. */
export function negotiate(
  option: Option,
  exports: readonly ExportFacts[],
  noZeroes: boolean,
): Negotiated {
  switch (option.number) {
    case nbd.Option.NBD_OPT_EXPORT_NAME:
      return openByName(option, exports, noZeroes);
    case nbd.Option.NBD_OPT_ABORT:
      return { steps: [reply(option, nbd.Reply.NBD_REP_ACK), { type: "close" }] };
    case nbd.Option.NBD_OPT_LIST:
      return { steps: list(option, exports) };
    case nbd.Option.NBD_OPT_INFO:
    case nbd.Option.NBD_OPT_GO:
      return inform(option, exports);
    default:
      return { steps: [reply(option, nbd.Reply.NBD_REP_ERR_UNSUP)] };
  }
}

function reply(option: Option, type: number, data?: Uint8Array<ArrayBuffer>): SessionStep {
  return { type: "send", bytes: nbd.optionReply(option.number, type, data) };
}

/** The old way: no errors can be said, so an unknown name ends the conversation. */
function openByName(
  option: Option,
  exports: readonly ExportFacts[],
  noZeroes: boolean,
): Negotiated {
  const name = decode(option.data);
  const found = name === undefined ? undefined : find(exports, name);
  if (!found) return { steps: [{ type: "close", reason: `there is no export "${name}"` }] };
  const padding = new Uint8Array(noZeroes ? 0 : EXPORT_NAME_PADDING);
  const bytes = nbd.pack([8, sizeOf(found)], [2, flagsOf(found)], padding);
  return { steps: [{ type: "send", bytes }, { type: "open", export: found }], opened: found };
}

function list(option: Option, exports: readonly ExportFacts[]): SessionStep[] {
  if (option.data.length > 0) return [reply(option, nbd.Reply.NBD_REP_ERR_INVALID)];
  const servers = exports.map(({ name }) => {
    const bytes = new TextEncoder().encode(name);
    return reply(option, nbd.Reply.NBD_REP_SERVER, nbd.pack([4, bytes.length], bytes));
  });
  return [...servers, reply(option, nbd.Reply.NBD_REP_ACK)];
}

/** NBD_OPT_INFO and NBD_OPT_GO: u32 length of the name, name, u16 count, u16 of each info. */
function inform(option: Option, exports: readonly ExportFacts[]): Negotiated {
  const name = nameIn(option.data);
  if (name === undefined) return { steps: [reply(option, nbd.Reply.NBD_REP_ERR_INVALID)] };
  const found = find(exports, name);
  if (!found) return { steps: [reply(option, nbd.Reply.NBD_REP_ERR_UNKNOWN)] };
  const size = nbd.BLOCK_SIZE;
  const info = nbd.pack([2, nbd.NBD_INFO_EXPORT], [8, sizeOf(found)], [2, flagsOf(found)]);
  const sizes = nbd.pack(
    ...[[2, nbd.NBD_INFO_BLOCK_SIZE], [4, size], [4, 4096]] as [2 | 4, number][],
    [4, nbd.PAYLOAD_LIMIT],
  );
  const steps: SessionStep[] = [
    reply(option, nbd.Reply.NBD_REP_INFO, info),
    reply(option, nbd.Reply.NBD_REP_INFO, sizes),
    reply(option, nbd.Reply.NBD_REP_ACK),
  ];
  if (option.number !== nbd.Option.NBD_OPT_GO) return { steps };
  return { steps: [...steps, { type: "open", export: found }], opened: found };
}

function nameIn(data: Uint8Array): string | undefined {
  if (data.length < 6) return undefined;
  const view = new DataView(data.buffer, data.byteOffset, data.length);
  const size = view.getUint32(0);
  if (4 + size + 2 > data.length) return undefined;
  if (4 + size + 2 + 2 * view.getUint16(4 + size) !== data.length) return undefined;
  return decode(data.subarray(4, 4 + size));
}

function decode(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function find(exports: readonly ExportFacts[], name: string): ExportFacts | undefined {
  return name === "" ? exports[0] : exports.find((one) => one.name === name);
}

function sizeOf({ blocks }: ExportFacts): bigint {
  return BigInt(blocks) * BigInt(nbd.BLOCK_SIZE);
}

function flagsOf({ readOnly }: ExportFacts): number {
  const flags = nbd.TransmissionFlag;
  return flags.NBD_FLAG_HAS_FLAGS | flags.NBD_FLAG_SEND_FLUSH | flags.NBD_FLAG_SEND_FUA |
    flags.NBD_FLAG_SEND_TRIM | flags.NBD_FLAG_SEND_WRITE_ZEROES |
    (readOnly ? flags.NBD_FLAG_READ_ONLY : 0);
}
