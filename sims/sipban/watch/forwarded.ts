/**
 * For whom a proxy asks: the last address of `X-Forwarded-For`, which the proxy itself has added
 * (Apache's mod_proxy appends to what the client has sent: all before it may be a lie).
 */
import { valuesOf } from "sims/sip/message/mod.ts";
import { parseAddress } from "../core/mod.ts";

const NAME = new TextEncoder().encode("x-forwarded-for");

/**
 * @param head of an HTTP request that came from one of `proxies`
 * @param proxies their bytes, joined by commas
 * @returns undefined when it names nobody, or none that is an address
 */
export function forwardedFor(
  head: Uint8Array,
  proxies: ReadonlySet<string>,
): Uint8Array | undefined {
  const names = valuesOf(head, 0, head.length, NAME).join(",").split(",").map((s) => s.trim());
  // A proxy before the proxy is believed when it is one of them.
  for (const name of names.reverse()) {
    const bytes = parseAddress(name);
    if (!bytes || !proxies.has(bytes.join())) return bytes;
  }
  return undefined;
}
