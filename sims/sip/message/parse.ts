/**
 * Bytes to messages (RFC 3261 sections 7 and 25). Lenient, for what comes from the network: a start
 * line and headers that can be told apart. Strict: {@link faultsOf} has nothing to say either.
 */
import { faultsOf } from "./check.ts";
import { type SipFault, SipSyntaxError } from "./error.ts";
import { type Header, header, type SipMessage } from "./message.ts";
import { headerName } from "./names.ts";
import { isMethod, parseNumber } from "./typed.ts";

export interface ParseOptions {
  /** Also refuses what can be read but breaks RFC 3261. */
  readonly strict?: boolean;
}

/** Where a head ends, and what it says. */
export interface Head {
  readonly message: SipMessage;
  /** Bytes before the start line (keep-alives) and up to the body. */
  readonly length: number;
}

const CR = 13;
const LF = 10;

/**
 * One datagram. Bytes past Content-Length are left out (section 18.3).
 *
 * @throws SipSyntaxError
 */
export function parseMessage(bytes: Uint8Array, { strict = false }: ParseOptions = {}): SipMessage {
  const head = parseHead(bytes, { strict });
  if (head === undefined) fail("length", "message", "", "no empty line ends its headers");
  const rest = bytes.subarray(head.length);
  const length = contentLength(head.message, { strict });
  if (length !== undefined && length > rest.length) {
    fail("length", "Content-Length", `${length}`, `only ${rest.length} bytes follow the headers`);
  }
  const message = { ...head.message, body: rest.slice(0, length) };
  const fault = strict ? faultsOf(message)[0] : undefined;
  if (fault) throw fault.error;
  return message;
}

/** Content-Length; `undefined` when it is not there, or (lenient) when it is no number. */
export function contentLength(
  message: SipMessage,
  { strict = false }: ParseOptions = {},
): number | undefined {
  const text = header(message, "Content-Length");
  if (text === undefined) return undefined;
  if (!strict && !/^[0-9]+$/.test(text)) return undefined;
  return parseNumber(text, "Content-Length", { below: 2 ** 31 });
}

/** Start line and headers, with an empty body; `undefined` while their end has not come. */
export function parseHead(
  bytes: Uint8Array,
  { strict = false }: ParseOptions = {},
): Head | undefined {
  let from = 0;
  while (bytes[from] === CR || bytes[from] === LF) from++;
  const end = headEnd(bytes, from);
  if (end === undefined) return undefined;
  const text = decode(bytes.subarray(from, end), { strict });
  if (strict && /(^|[^\r])\n|\r(?!\n)/.test(text)) {
    fail("encoding", "message", text, "its lines do not end by CR LF");
  }
  const [start, ...lines] = text.replace(/(?:\r?\n)+$/, "").split(/\r?\n/);
  const common = { headers: parseHeaders(lines), body: new Uint8Array() };
  return { message: { ...parseStart(start!, { strict }), ...common } as SipMessage, length: end };
}

/** The index after the first empty line. */
function headEnd(bytes: Uint8Array, from: number): number | undefined {
  for (let at = bytes.indexOf(LF, from); at >= 0; at = bytes.indexOf(LF, at + 1)) {
    if (bytes[at + 1] === LF) return at + 2;
    if (bytes[at + 1] === CR && bytes[at + 2] === LF) return at + 3;
  }
  return undefined;
}

const STRICT_UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const LENIENT_UTF8 = new TextDecoder("utf-8", { ignoreBOM: true });

function decode(bytes: Uint8Array, { strict }: ParseOptions): string {
  // A bare CR could not be written again: it would end a line somewhere.
  if (!strict) return LENIENT_UTF8.decode(bytes).replace(/\r(?!\n)/g, " ");
  try {
    return STRICT_UTF8.decode(bytes);
  } catch {
    return fail("encoding", "message", LENIENT_UTF8.decode(bytes), "it is not UTF-8");
  }
}

const STATUS = /^(SIP\/[0-9]+\.[0-9]+) ([0-9]+)(?: (.*))?$/i;
const REQUEST = /^(\S+) (\S.*?) ?(\S+)$/;
const REQUEST_STRICT = /^(\S+) (\S+) (SIP\/[0-9]+\.[0-9]+)$/i;

function parseStart(line: string, { strict }: ParseOptions) {
  const status = STATUS.exec(line);
  if (status) {
    const [, version, digits, reason = ""] = status;
    if (digits!.length !== 3) fail("range", "status line", line, "a status has three digits");
    return {
      type: "response",
      version: version!.toUpperCase(),
      status: Number(digits),
      reason,
    } as const;
  }
  const request = (strict ? REQUEST_STRICT : REQUEST).exec(strict ? line : line.trimEnd());
  if (!request || !/^SIP\/[0-9]+\.[0-9]+$/i.test(request[3]!)) {
    return fail(
      "start-line",
      "start line",
      line,
      `it is neither "METHOD URI SIP/2.0" nor a status`,
    );
  }
  const [, method, uri, version] = request;
  if (!isMethod(method!)) fail("start-line", "start line", line, "the method is no token");
  return { type: "request", version: version!.toUpperCase(), method: method!, uri: uri! } as const;
}

const HEADER = /^([A-Za-z0-9\-.!%*_+`'~]+)[ \t]*:[ \t]*(.*)$/s;

function parseHeaders(lines: readonly string[]): Header[] {
  const headers: { name: string; value: string }[] = [];
  for (const line of lines) {
    if (/^[ \t]/.test(line)) {
      const last = headers.at(-1);
      if (!last) fail("header-line", "header line", line, "it goes on, but nothing is before it");
      last.value = `${last.value} ${line.trim()}`.trim();
      continue;
    }
    const parts = HEADER.exec(line);
    if (!parts) fail("header-line", "header line", line, 'it is not "Name: value"');
    headers.push({ name: headerName(parts[1]!), value: parts[2]!.trim() });
  }
  return headers;
}

function fail(fault: SipFault, where: string, text: string, because: string): never {
  throw new SipSyntaxError(fault, where, text, because);
}
