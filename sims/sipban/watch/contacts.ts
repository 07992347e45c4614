/** For how long an answer to REGISTER says that a phone is registered (RFC 3261 section 10.3). */
import { headEnd, valuesOf } from "sims/sip/message/mod.ts";

const name = (text: string) => new TextEncoder().encode(text);
const [CONTACT, M, EXPIRES] = [name("contact"), name("m"), name("expires")];

/** The longest of its contacts, in seconds; 0: there is none. */
export function longestRegistration(bytes: Uint8Array, from: number, to: number): number {
  const found = headEnd(bytes, from, to);
  const end = found < 0 ? to : found;
  const all = Number(valuesOf(bytes, from, end, EXPIRES)[0]) || 0;
  let longest = 0;
  for (const value of [CONTACT, M].flatMap((header) => valuesOf(bytes, from, end, header))) {
    // What is in quotes or in a URI is no parameter of the contact.
    const bare = value.replace(/"(\\.|[^"\\])*"|<[^>]*>/g, "");
    for (const contact of bare.split(",")) {
      const own = /;\s*expires\s*=\s*([0-9]{1,10})/i.exec(contact);
      longest = Math.max(longest, own ? Number(own[1]) : all);
    }
  }
  return longest;
}
