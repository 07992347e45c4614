/** The server's side of the opening handshake (RFC 6455, section 4.2). */
import { createHash } from "node:crypto";
import type { DeflateParameters } from "./deflate.ts";
import { HandshakeError } from "./errors.ts";
import {
  acceptDeflate,
  type DeflateWishes,
  type Extension,
  parseExtensions,
} from "./extensions.ts";
import {
  type Fields,
  fieldsOf,
  formatHead,
  type Head,
  isToken,
  listOf,
  valuesOf,
} from "./http_head.ts";

/** A handshake that a client may be granted. */
export interface HandshakeRequest {
  /** The resource as it was asked for: "/chat?room=1". */
  readonly resource: string;
  readonly host: string;
  readonly origin: string | undefined;
  /** Sub-protocols, those that the client likes best first. */
  readonly protocols: readonly string[];
  readonly extensions: readonly Extension[];
  readonly key: string;
  /** All header fields, names in small letters. */
  readonly fields: Fields;
}

/** Keeps the head's text alone: a server has one for each connection. */
class GoodRequest implements HandshakeRequest {
  readonly resource: string;
  readonly host: string;
  readonly origin: string | undefined;
  readonly protocols: readonly string[];
  readonly extensions: readonly Extension[];
  readonly key: string;
  readonly #text: string;

  constructor(text: string, request: Omit<HandshakeRequest, "fields">) {
    this.resource = request.resource;
    this.host = request.host;
    this.origin = request.origin;
    this.protocols = request.protocols.length > 0 ? request.protocols : NONE;
    this.extensions = request.extensions.length > 0 ? request.extensions : NONE;
    this.key = request.key;
    this.#text = text;
  }

  get fields(): Fields {
    return fieldsOf(this.#text);
  }
}

const NONE: readonly never[] = [];

export interface AcceptOptions {
  /** One of those that the client named; undefined: none. */
  readonly protocol?: string | undefined;
  /** undefined: no compression. */
  readonly deflate?: DeflateWishes | undefined;
  /** More header fields of the answer. */
  readonly fields?: readonly (readonly [string, string])[];
}

/**
 * Checks a request as section 4.2.1 wants it.
 *
 * @throws HandshakeError with the status of the answer
 */
export function checkRequest(head: Head): HandshakeRequest {
  const resource = checkRequestLine(head.startLine);
  const [host, ...hosts] = valuesOf(head, "host");
  if (host === undefined || hosts.length > 0 || /[\s/?#@]/.test(host)) {
    throw refused("There is not one Host that names one");
  }
  if (valuesOf(head, "transfer-encoding").length > 0 || hasBody(head)) {
    throw refused("The request has a body");
  }
  if (!hasToken(head, "upgrade", "websocket")) {
    const answer = [["Upgrade", "websocket"], ["Connection", "Upgrade, close"]] as const;
    throw refused('Upgrade does not have "websocket"', "4.2.1", 426, answer);
  }
  if (!hasToken(head, "connection", "upgrade")) throw refused('Connection does not have "Upgrade"');
  const versions = valuesOf(head, "sec-websocket-version");
  if (versions.length !== 1 || versions[0] !== "13") {
    const answer = [["Sec-WebSocket-Version", "13"]] as const;
    throw refused("Sec-WebSocket-Version is not 13", "4.4", 426, answer);
  }
  const keys = valuesOf(head, "sec-websocket-key");
  // 16 octets in base64: 22 characters, the last of which has two bits, and the padding.
  if (keys.length !== 1 || !/^[A-Za-z0-9+/]{21}[AQgw]==$/.test(keys[0]!)) {
    throw refused("Sec-WebSocket-Key is not 16 octets in base64");
  }
  const origins = valuesOf(head, "origin");
  if (origins.length > 1) throw refused("There is more than one Origin", "10.2");
  const extensions = valuesOf(head, "sec-websocket-extensions").flatMap(parseExtensions);
  const protocols = checkProtocols(head);
  const lines = { resource, host, origin: origins[0], key: keys[0]!, protocols, extensions };
  return new GoodRequest(head.text, lines);
}

function checkRequestLine(line: string): string {
  const match = /^(\S+) (\S+) HTTP\/(\d)\.(\d)$/.exec(line);
  if (!match) throw refused("The request line is malformed");
  const [, method, target, major, minor] = match;
  if (method !== "GET") throw refused("The method is not GET", "4.2.1", 405, [["Allow", "GET"]]);
  if (major !== "1" || minor === "0") throw refused("The version is not HTTP/1.1", "4.2.1", 505);
  const absolute = /^(?:https?|wss?):\/\/[^/?#]+(.*)$/i.exec(target!);
  const resource = absolute ? absolute[1]!.replace(/^(?!\/)/, "/") : target!;
  if (!resource.startsWith("/") || resource.includes("#")) {
    throw refused("The request target is no path", "3");
  }
  return resource;
}

function hasBody(head: Head): boolean {
  return valuesOf(head, "content-length").some((length) => !/^0+$/.test(length));
}

function hasToken(head: Head, field: string, token: string): boolean {
  return listOf(head, field).some((element) => element.toLowerCase() === token);
}

function checkProtocols(head: Head): readonly string[] {
  const values = valuesOf(head, "sec-websocket-protocol");
  const protocols = listOf(head, "sec-websocket-protocol");
  if (values.length > 0 && protocols.length === 0 || !protocols.every(isToken)) {
    throw refused("Sec-WebSocket-Protocol names no tokens");
  }
  if (new Set(protocols).size < protocols.length) {
    throw refused("Sec-WebSocket-Protocol names one twice", "4.1");
  }
  return protocols;
}

/** What is sent, and what both then keep to. */
export function accept(
  request: HandshakeRequest,
  { protocol, deflate, fields = [] }: AcceptOptions = {},
): { readonly response: Uint8Array; readonly deflate: DeflateParameters | undefined } {
  if (protocol !== undefined && !request.protocols.includes(protocol)) {
    throw new TypeError(
      `Cannot take the sub-protocol "${protocol}": the client names ` +
        `${request.protocols.join(", ") || "none"}; take one of these, or none`,
    );
  }
  const agreed = deflate && acceptDeflate(request.extensions, deflate);
  const response = formatHead("HTTP/1.1 101 Switching Protocols", [
    ["Upgrade", "websocket"],
    ["Connection", "Upgrade"],
    ["Sec-WebSocket-Accept", acceptKey(request.key)],
    ...(protocol === undefined ? [] : [["Sec-WebSocket-Protocol", protocol] as const]),
    ...(agreed ? [["Sec-WebSocket-Extensions", agreed.header] as const] : []),
    ...fields,
  ]);
  return { response, deflate: agreed?.parameters };
}

/** The answer to a handshake that is refused; the connection is closed behind it. */
export function refusal(error: HandshakeError): Uint8Array {
  const body = Uint8Array.from(`${error.message}\n`, (char) => Math.min(char.charCodeAt(0), 0x7f));
  const head = formatHead(`HTTP/1.1 ${error.status} ${REASONS[error.status] ?? "Refused"}`, [
    ...error.headers,
    ...(error.headers.some(([name]) => name === "Connection")
      ? []
      : [["Connection", "close"] as const]),
    ["Content-Type", "text/plain; charset=utf-8"],
    ["Content-Length", String(body.length)],
  ]);
  const response = new Uint8Array(head.length + body.length);
  response.set(head);
  response.set(body, head.length);
  return response;
}

const REASONS: Readonly<Record<number, string>> = {
  400: "Bad Request",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  408: "Request Timeout",
  426: "Upgrade Required",
  431: "Request Header Fields Too Large",
  500: "Internal Server Error",
  503: "Service Unavailable",
  505: "HTTP Version Not Supported",
};

/** `Sec-WebSocket-Accept` for a key (section 4.2.2, step 5.4). */
export function acceptKey(key: string): string {
  const hash = createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`);
  return hash.digest("base64");
}

function refused(
  what: string,
  section = "4.2.1",
  status = 400,
  headers: readonly (readonly [string, string])[] = [],
): HandshakeError {
  return new HandshakeError(what, status, `RFC 6455, section ${section}`, headers);
}
