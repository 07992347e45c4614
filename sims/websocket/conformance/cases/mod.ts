/** What RFC 6455 and RFC 7692 ask of a server or a client that gives back every message. */
import type { Case, Role } from "../case.ts";
import { ANSWERS, REQUEST_CASES } from "./answer.ts";
import { CLOSING } from "./closing.ts";
import { deflateCases } from "./deflate.ts";
import { frameCases } from "./frames.ts";
import { REQUESTS } from "./request.ts";
import { UTF8 } from "./utf8.ts";

const made = new Map<Role, readonly Case[]>();

/** In the order of the RFCs. Made once: there are some megabytes of frames in it. */
export function casesFor(role: Role): readonly Case[] {
  let cases = made.get(role);
  if (!cases) {
    const handshake = role === "server" ? REQUESTS : [...REQUEST_CASES, ...ANSWERS];
    cases = [...handshake, ...frameCases(role), ...CLOSING, ...UTF8, ...deflateCases(role)];
    made.set(role, cases);
  }
  return cases;
}
