/**
 * A phone is where its messages come from, whatever it says: Contact as Asterisk's PJSIP rewrites it
 * (`rewrite_contact` of res_pjsip_nat, and res_pjsip_transport_websocket). Measured on 22.10: the
 * host and port of the source, the name of the transport, and in a REGISTER what stood there before.
 */
import {
  contactsOf,
  formatNameAddress,
  formatUri,
  header,
  isSipUri,
  parseUri,
  type SipMessage,
  SipSyntaxError,
  type SipUri,
  withHeaders,
} from "../message/mod.ts";
import type { Endpoint, Protocol, SipTransport } from "../transport/mod.ts";

/** Where a kept contact has what its phone said. */
const ORIGIN = "x-ast-orig-host";

/** What comes over `transport` has its Contact rewritten, but from who `isSpared`. */
export function rewriting(
  transport: SipTransport,
  isSpared: (from: Endpoint) => boolean,
): SipTransport {
  const { protocol, reliable, local } = transport;
  return {
    ...{ protocol, reliable, local },
    listen: (listener) =>
      transport.listen({
        ...listener,
        message: (message, from) =>
          listener.message(isSpared(from) ? message : rewritten(message, from, protocol), from),
      }),
    send: (message, to) => transport.send(message, to),
    close: () => transport.close(),
  };
}

/** What is called of a contact that is kept. */
export function calledUri(contact: string): string {
  const uri = parseUri(contact);
  if (!isSipUri(uri)) return contact;
  const params = new Map(uri.params);
  return params.delete(ORIGIN) ? formatUri({ ...uri, params }) : contact;
}

/** What its phone is told of a contact that is kept: the host that it gave, if that is another one. */
export function givenUri(contact: string): string {
  const uri = parseUri(contact);
  const origin = isSipUri(uri) ? uri.params.get(ORIGIN) : undefined;
  if (!isSipUri(uri) || origin === undefined) return contact;
  const [, host, port] = /^(.*):(\d+)$/.exec(origin) ?? [];
  if (host === undefined) return calledUri(contact);
  const params = new Map(uri.params);
  params.delete(ORIGIN);
  const { port: _, ...rest } = uri;
  return formatUri({
    ...rest,
    host: bracketed(host),
    ...(port !== "0" && { port: Number(port) }),
    params,
  });
}

function rewritten(message: SipMessage, from: Endpoint, protocol: Protocol): SipMessage {
  // Then the way back is that of the Record-Route.
  if (header(message, "Record-Route") !== undefined) return message;
  const contacts = readContacts(message);
  const [first, ...others] = contacts;
  if (first === undefined || !isSipUri(first.uri)) return message;
  const moved = { ...first, uri: movedUri(first.uri, from, { message, protocol }) };
  return withHeaders(
    message,
    [moved, ...others].map((contact) => ["Contact", formatNameAddress(contact)] as const),
  );
}

/** None where they cannot be read: who serves the request refuses it. */
function readContacts(message: SipMessage) {
  try {
    const contacts = contactsOf(message);
    return contacts === "*" ? [] : contacts;
  } catch (error) {
    if (error instanceof SipSyntaxError) return [];
    throw error;
  }
}

function movedUri(
  uri: SipUri,
  from: Endpoint,
  { message, protocol }: { readonly message: SipMessage; readonly protocol: Protocol },
): SipUri {
  const host = bracketed(from.host);
  const params = new Map(uri.params);
  const isWeb = protocol === "WS" || protocol === "WSS";
  if (protocol === "UDP") params.delete("transport");
  // In a response over a WebSocket it stays as it was.
  else if (!isWeb || message.type === "request") {
    params.set("transport", protocol === "WSS" ? "ws" : protocol);
  }
  const isRegister = message.type === "request" && message.method === "REGISTER";
  if (isRegister && (isWeb || uri.host !== host)) {
    params.set(ORIGIN, `${uri.host.replace(/^\[|\]$/g, "")}:${uri.port ?? 0}`);
  }
  return { ...uri, host, port: from.port, params };
}

function bracketed(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}
