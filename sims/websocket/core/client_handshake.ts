/** The client's side of the opening handshake (RFC 6455, section 4.1). */
import { Buffer } from "node:buffer";
import type { DeflateParameters } from "./deflate.ts";
import { HandshakeError } from "./errors.ts";
import { agreedDeflate, type DeflateWishes, offerDeflate, parseExtensions } from "./extensions.ts";
import { formatHead, type Head, listOf, valuesOf } from "./http_head.ts";
import { acceptKey } from "./server_handshake.ts";

export interface RequestOptions {
  readonly host: string;
  /** "/chat?room=1" */
  readonly resource: string;
  readonly protocols?: readonly string[];
  readonly origin?: string | undefined;
  /** undefined: not offered. */
  readonly deflate?: DeflateWishes | undefined;
  /** More header fields. */
  readonly fields?: readonly (readonly [string, string])[];
  /** 16 octets that nobody can foresee. */
  readonly nonce: Uint8Array;
}

export function formatRequest(options: RequestOptions): Uint8Array {
  const { host, resource, protocols = [], origin, deflate, fields = [], nonce } = options;
  return formatHead(`GET ${resource} HTTP/1.1`, [
    ["Host", host],
    ["Upgrade", "websocket"],
    ["Connection", "Upgrade"],
    ["Sec-WebSocket-Key", keyOf(nonce)],
    ["Sec-WebSocket-Version", "13"],
    ...(origin === undefined ? [] : [["Origin", origin] as const]),
    ...(protocols.length ? [["Sec-WebSocket-Protocol", protocols.join(", ")] as const] : []),
    ...(deflate ? [["Sec-WebSocket-Extensions", offerDeflate(deflate)] as const] : []),
    ...fields,
  ]);
}

/**
 * Checks the server's answer as section 4.1 wants it.
 *
 * @throws HandshakeError
 */
export function checkResponse(
  head: Head,
  { protocols = [], deflate, nonce }: RequestOptions,
): { readonly protocol: string | undefined; readonly deflate: DeflateParameters | undefined } {
  const status = /^HTTP\/1\.1 (\d{3})(?: .*)?$/.exec(head.startLine)?.[1];
  if (status === undefined) throw failed(`The status line is malformed: "${head.startLine}"`);
  if (status !== "101") throw failed(`The server answers ${status}`, Number(status));
  const upgrade = valuesOf(head, "upgrade");
  if (upgrade.length !== 1 || upgrade[0]!.toLowerCase() !== "websocket") {
    throw failed('Upgrade is not "websocket"', 101);
  }
  if (!listOf(head, "connection").some((token) => token.toLowerCase() === "upgrade")) {
    throw failed('Connection does not have "Upgrade"', 101);
  }
  const accepts = valuesOf(head, "sec-websocket-accept");
  if (accepts.length !== 1 || accepts[0] !== acceptKey(keyOf(nonce))) {
    throw failed("Sec-WebSocket-Accept is not made of the key that was sent", 101);
  }
  const chosen = valuesOf(head, "sec-websocket-protocol");
  if (chosen.length > 1 || chosen.length === 1 && !protocols.includes(chosen[0]!)) {
    throw failed(`The server takes a sub-protocol that was not named: "${chosen.join()}"`, 101);
  }
  const answers = valuesOf(head, "sec-websocket-extensions").flatMap(parseExtensions);
  return { protocol: chosen[0], deflate: agreedDeflate(answers, deflate) };
}

function keyOf(nonce: Uint8Array): string {
  return Buffer.from(nonce).toString("base64");
}

function failed(what: string, status = 0): HandshakeError {
  return new HandshakeError(what, status, "RFC 6455, section 4.1");
}
