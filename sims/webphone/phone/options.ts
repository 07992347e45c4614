/** What a web phone is made with, and what of it is wrong. */
import { failure, PhoneError } from "./failures.ts";

export interface AccountOptions {
  /** Address of the WebSocket: `wss://pbx.example/pbxws`. */
  readonly server: string;
  readonly user: string;
  /** Default: the server's host. */
  readonly domain?: string;
  readonly password?: string;
  /** In place of a password: hex MD5 of `user:realm:password` (RFC 2617, section 3.2.2.2). */
  readonly secret?: { readonly realm: string; readonly ha1: string };
  readonly displayName?: string;
}

export interface SignallingOptions extends AccountOptions {
  /** What a registration asks for. Default: 300 s. */
  readonly expiresS?: number;
  /** Whole seconds between two attempts; doubled from the one to the next. Default: 1 to 8. */
  readonly reconnect?: { readonly minS?: number; readonly maxS?: number };
  /** An OPTIONS so often finds out that a connection is dead. Default: 30 s; 0: none is sent. */
  readonly keepAliveS?: number;
}

/** Checked, with its defaults. */
export interface Account {
  readonly server: URL;
  /** `sip:1001@pbx.example` */
  readonly uri: string;
  readonly domain: string;
}

/** What a user's name may have unescaped (RFC 3261, section 25.1: unreserved, user-unreserved). */
const USER = /^[\w.!~*'()&=+$,;?/-]+$/;
const HOST = /^(\[[\da-f:.]+\]|[\w.-]+)(:\d+)?$/i;

/** @throws PhoneError for an address, user or domain that cannot be one */
export function checkAccount({ server, user, domain }: AccountOptions, page = ""): Account {
  const url = URL.parse(server);
  if (!url?.host || !/^wss?:$/.test(url.protocol)) {
    throw new PhoneError(failure("bad-server", { what: `"${server}"` }));
  }
  if (page === "https:" && url.protocol === "ws:" && !isLoopback(url.hostname)) {
    throw new PhoneError(failure("insecure-server", { what: server }));
  }
  const at = domain || url.hostname;
  if (!USER.test(user)) throw new PhoneError(failure("bad-user", { what: `"${user}"` }));
  if (!HOST.test(at)) throw new PhoneError(failure("bad-user", { what: `"${at}"` }));
  return { server: url, uri: `sip:${user}@${at}`, domain: at };
}

/** Mixed content is allowed to them (Secure Contexts, section 3.1). */
function isLoopback(host: string): boolean {
  return host === "localhost" || host === "[::1]" || host.startsWith("127.");
}

/** What people write in a number: blanks, hyphens, brackets, dots between digits. */
const ORNAMENT = /[\s()./-]/g;

/**
 * What is called for what was typed: digits without their ornament, or a name or address as it is.
 *
 * @throws PhoneError when it is neither
 */
export function checkTarget(typed: string): string {
  const bare = typed.trim();
  const digits = bare.replace(ORNAMENT, "");
  if (/^\+?[\d*#]+$/.test(digits)) return digits;
  if (/^(sips?:)?[^\s@<>"]+(@[^\s@<>"]+)?$/i.test(bare)) return bare;
  throw new PhoneError(failure("bad-number", { what: bare ? `"${bare}"` : "Nothing" }));
}
