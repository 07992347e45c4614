/** SIP and SIPS URIs (RFC 3261 section 19.1); others are kept as text. */
import { isIPv6 } from "node:net";
import { SipSyntaxError } from "./error.ts";

export interface SipUri {
  readonly scheme: "sip" | "sips";
  /** As written, escapes and all: {@link unescape} reads it. */
  readonly user?: string;
  readonly password?: string;
  /** Lower case; an IPv6 address in its brackets. */
  readonly host: string;
  readonly port?: number;
  /** As written, names in lower case. */
  readonly params: ReadonlyMap<string, string | undefined>;
  /** `?name=value&…`, as written. */
  readonly headers?: string;
}

/** Any URI of another scheme. */
export interface OtherUri {
  readonly scheme: string;
  readonly rest: string;
}

export type Uri = SipUri | OtherUri;

export function isSipUri(uri: Uri): uri is SipUri {
  return "host" in uri;
}

const SCHEME = /^([A-Za-z][A-Za-z0-9+.-]*):/;
/** A name whose labels begin and end with a letter, a digit or (leniently) "_"; or an address. */
export const HOST_PATTERN =
  "(?:[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?\\.)*[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?\\.?" +
  "|\\[[0-9A-Fa-f:.]+\\]";
const HEADER_CHAR = "(?:[A-Za-z0-9\\-_.!~*'()[\\]/?:+$]|%[0-9A-Fa-f]{2})";
const HEADER = `${HEADER_CHAR}+=${HEADER_CHAR}*`;
// deno-fmt-ignore
const PARTS = new RegExp(
  "^(?:((?:[A-Za-z0-9\\-_.!~*'()&=+$,;?/#]|%[0-9A-Fa-f]{2})+)" + // user; "#" is lenient
  "(?::((?:[A-Za-z0-9\\-_.!~*'()&=+$,]|%[0-9A-Fa-f]{2})*))?@)?" + // password
  `(${HOST_PATTERN})` +
  "(?::([0-9]{1,5}))?" +
  "((?:;[^;?\\s<>\"]+)*)" +
  `(?:\\?(${HEADER}(?:&${HEADER})*))?$`,
);
const PARAM = /^(?:[A-Za-z0-9\-_.!~*'()[\]/:&+$]|%[0-9A-Fa-f]{2})+$/;
const OTHER = /^[^\s<>"]+$/;

/** @throws SipSyntaxError fault "uri" */
export function parseUri(text: string, where = "URI"): Uri {
  const fail = (because: string): never => {
    throw new SipSyntaxError("uri", where, text, because);
  };
  const scheme = SCHEME.exec(text)?.[1]?.toLowerCase();
  if (scheme === undefined) fail("there is no scheme; write sip:host");
  const rest = text.slice(scheme!.length + 1);
  if (scheme !== "sip" && scheme !== "sips") {
    if (!OTHER.test(rest)) fail("a URI has no white space, quotes or angle brackets");
    return { scheme: scheme!, rest };
  }
  const parts = PARTS.exec(rest);
  if (parts === null) return fail("it is not user@host:port;parameters?headers");
  const [, user, password, host, port, params, headers] = parts;
  if (port !== undefined && Number(port) > 65535) fail(`port ${port} is above 65535`);
  if (!isHost(host!)) fail(`${host} is no IPv6 address`);
  return {
    scheme,
    ...(user !== undefined && { user }),
    ...(password !== undefined && { password }),
    host: host!.toLowerCase(),
    ...(port !== undefined && { port: Number(port) }),
    params: parseParams(params!, fail),
    ...(headers !== undefined && { headers }),
  };
}

/** Of what {@link HOST_PATTERN} has matched: whether an address in brackets is one. */
export function isHost(host: string): boolean {
  return !host.startsWith("[") || isIPv6(host.slice(1, -1));
}

function parseParams(text: string, fail: (because: string) => never) {
  const params = new Map<string, string | undefined>();
  for (const piece of text.split(";").slice(1)) {
    const equals = piece.indexOf("=");
    const name = (equals < 0 ? piece : piece.slice(0, equals)).toLowerCase();
    const value = equals < 0 ? undefined : piece.slice(equals + 1);
    if (!PARAM.test(name)) fail(`parameter "${name}" is no name`);
    if (value !== undefined && !PARAM.test(value)) fail(`parameter "${name}" has a bad value`);
    if (params.has(name)) fail(`parameter "${name}" is there twice`);
    params.set(name, value);
  }
  return params;
}

export function formatUri(uri: Uri): string {
  if (!isSipUri(uri)) return `${uri.scheme}:${uri.rest}`;
  let text = `${uri.scheme}:`;
  if (uri.user !== undefined) {
    text += `${uri.user}${uri.password === undefined ? "" : `:${uri.password}`}@`;
  }
  text += uri.host;
  if (uri.port !== undefined) text += `:${uri.port}`;
  for (const [name, value] of uri.params) {
    text += value === undefined ? `;${name}` : `;${name}=${value}`;
  }
  return uri.headers === undefined ? text : `${text}?${uri.headers}`;
}

/** Escapes resolved; those that are no UTF-8 stay. */
export function unescape(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/**
 * The address of record that a URI names (section 10.3, step 5): escapes resolved, no port and no
 * parameters, so that two spellings of one user are one.
 */
export function addressOfRecord(uri: Uri): string {
  if (!isSipUri(uri)) return `${uri.scheme}:${uri.rest}`;
  const user = uri.user === undefined ? "" : `${encodeURIComponent(unescapeSafely(uri.user))}@`;
  return `${uri.scheme}:${user}${uri.host}`;
}

/** encodeURIComponent throws on half a surrogate pair, which decoding cannot give. */
function unescapeSafely(text: string): string {
  return unescape(text).toWellFormed();
}
