/** Messages to bytes; Content-Length is always what the body has (RFC 3261 section 20.14). */
import { REASONS } from "./names.ts";
import { compactName } from "./names.ts";
import type { SipMessage } from "./message.ts";

export interface FormatOptions {
  /** Names in their compact form where they have one. */
  readonly compact?: boolean;
}

/** @throws TypeError when a name or value would break its line: nothing is smuggled in */
export function formatMessage(
  message: SipMessage,
  { compact = false }: FormatOptions = {},
): Uint8Array {
  const lines = [
    message.type === "request"
      ? `${message.method} ${message.uri} ${message.version}`
      : `${message.version} ${message.status} ${message.reason}`,
  ];
  for (const { name, value } of message.headers) {
    if (name.toLowerCase() === "content-length") continue;
    lines.push(`${compact ? compactName(name) : name}: ${value}`);
  }
  lines.push(`${compact ? "l" : "Content-Length"}: ${message.body.length}`);
  for (const line of lines) {
    if (/[\r\n]/.test(line)) {
      throw new TypeError(`Cannot write header line ${JSON.stringify(line)}: it has a line end`);
    }
  }
  const head = new TextEncoder().encode(`${lines.join("\r\n")}\r\n\r\n`);
  const bytes = new Uint8Array(head.length + message.body.length);
  bytes.set(head);
  bytes.set(message.body, head.length);
  return bytes;
}

/** One line for traces: `REGISTER sip:pbx.example`, `401 Unauthorized`. */
export function summary(message: SipMessage): string {
  if (message.type === "request") return `${message.method} ${message.uri}`;
  return `${message.status} ${message.reason || (REASONS[message.status] ?? "")}`.trim();
}
