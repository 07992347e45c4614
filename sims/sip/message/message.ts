/** A SIP message: start line, headers in their order, body (RFC 3261 section 7). */
import { headerName, REASONS } from "./names.ts";
import { parseUri, type Uri } from "./uri.ts";

export interface Header {
  /** As the RFC spells it; compact forms are written out. */
  readonly name: string;
  /** Unfolded, without white space around it. */
  readonly value: string;
}

interface Common {
  readonly version: string;
  readonly headers: readonly Header[];
  readonly body: Uint8Array;
}

export interface SipRequest extends Common {
  readonly type: "request";
  readonly method: string;
  /** As written; {@link requestUri} reads it. */
  readonly uri: string;
}

export interface SipResponse extends Common {
  readonly type: "response";
  readonly status: number;
  readonly reason: string;
}

export type SipMessage = SipRequest | SipResponse;

export const SIP_VERSION = "SIP/2.0";

/** The first header of that name (any spelling, any case). */
export function header(message: SipMessage, name: string): string | undefined {
  const wanted = headerName(name).toLowerCase();
  return message.headers.find(({ name }) => name.toLowerCase() === wanted)?.value;
}

/** All headers of that name, in their order. */
export function headers(message: SipMessage, name: string): string[] {
  const wanted = headerName(name).toLowerCase();
  return message.headers.filter(({ name }) => name.toLowerCase() === wanted)
    .map(({ value }) => value);
}

/** @throws SipSyntaxError fault "uri" */
export function requestUri(request: SipRequest): Uri {
  return parseUri(request.uri, "Request-URI");
}

/** Names and values; `undefined` leaves a header out. */
export type HeaderList = readonly (readonly [name: string, value: string | undefined])[];

export function request(
  method: string,
  uri: string,
  list: HeaderList,
  body: Uint8Array | string = "",
): SipRequest {
  return { type: "request", method, uri, version: SIP_VERSION, ...rest(list, body) };
}

export function response(
  status: number,
  list: HeaderList,
  { reason = REASONS[status] ?? "", body = "" }: {
    readonly reason?: string;
    readonly body?: Uint8Array | string;
  } = {},
): SipResponse {
  return { type: "response", status, reason, version: SIP_VERSION, ...rest(list, body) };
}

function rest(list: HeaderList, body: Uint8Array | string) {
  const headers: Header[] = [];
  for (const [name, value] of list) {
    if (value !== undefined) headers.push({ name: headerName(name), value });
  }
  return { headers, body: typeof body === "string" ? new TextEncoder().encode(body) : body };
}

/** A copy with other headers: those named are replaced in their place, or set at the end. */
export function withHeaders<M extends SipMessage>(message: M, list: HeaderList): M {
  const changed = new Set(list.map(([name]) => headerName(name)));
  const added = rest(list, "").headers;
  const kept: Header[] = [];
  let placed = false;
  for (const old of message.headers) {
    if (!changed.has(old.name)) kept.push(old);
    else if (!placed) {
      placed = true;
      kept.push(...added);
    }
  }
  if (!placed) kept.push(...added);
  return { ...message, headers: kept };
}

/** The headers that a response takes over from its request (section 8.2.6.2). */
export function replyTo(
  request: SipRequest,
  status: number,
  { toTag, list = [], body, reason }: {
    /** Added to To where it has no tag. */
    readonly toTag?: string;
    readonly list?: HeaderList;
    readonly body?: Uint8Array | string;
    readonly reason?: string;
  } = {},
): SipResponse {
  const to = header(request, "To") ?? "";
  const tagged = toTag === undefined || /;\s*tag\s*=/i.test(to.replace(/^[^>]*>/, ""));
  return response(status, [
    ...headers(request, "Via").map((via) => ["Via", via] as const),
    ["From", header(request, "From")],
    ["To", tagged ? to : `${to};tag=${toTag}`],
    ["Call-ID", header(request, "Call-ID")],
    ["CSeq", header(request, "CSeq")],
    ...list,
  ], { ...(reason !== undefined && { reason }), ...(body !== undefined && { body }) });
}
