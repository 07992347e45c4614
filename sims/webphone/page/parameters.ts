/**
 * What the address of the page may say of the account: `?server=wss://…&user=1001&register=1`. It may
 * also stand behind `#`, which browsers send to nobody: the place for `#password=…`.
 */

export interface Parameters {
  readonly server?: string;
  readonly user?: string;
  readonly domain?: string;
  readonly password?: string;
  readonly displayName?: string;
  readonly autoAnswer?: boolean;
  /** Registers as soon as the page is there. */
  readonly register?: boolean;
  /** See `SignallingOptions`. */
  readonly keepAliveS?: number;
  readonly expiresS?: number;
}

/** @param hash is right where both say something */
export function readParameters(search: string, hash = ""): Parameters {
  const given = new URLSearchParams(search);
  for (const [name, value] of new URLSearchParams(hash.slice(1))) given.set(name, value);
  const text = (name: string) => given.get(name) || undefined;
  const flag = (name: string) => given.has(name) ? given.get(name) !== "0" : undefined;
  const count = (name: string) =>
    /^\d+$/.test(given.get(name) ?? "") ? +given.get(name)! : undefined;
  return {
    server: text("server"),
    user: text("user"),
    domain: text("domain"),
    password: text("password"),
    displayName: text("display-name"),
    autoAnswer: flag("auto-answer"),
    register: flag("register"),
    keepAliveS: count("keep-alive"),
    expiresS: count("expires"),
  };
}

/** The address without the password, for the browser's history; `undefined`: it has none. */
export function withoutPassword(href: string): string | undefined {
  const url = new URL(href);
  const hash = new URLSearchParams(url.hash.slice(1));
  if (!url.searchParams.has("password") && !hash.has("password")) return undefined;
  url.searchParams.delete("password");
  if (hash.has("password")) {
    hash.delete("password");
    url.hash = `${hash}`;
  }
  return url.href;
}
