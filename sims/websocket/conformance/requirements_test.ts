import assert from "node:assert/strict";
import type { Role } from "./case.ts";
import { casesFor } from "./cases/mod.ts";

/**
 * The sections with a MUST or MUST NOT for who is looked at, each of which has a case. Those of the
 * RFCs that are not here are about intermediaries (5.4), extensions to come (5.2, 5.8), URIs before
 * they come to a connection (3, 11.1), and what an endpoint shows to people (5.5.1).
 */
const SECTIONS: Readonly<Record<Role, readonly string[]>> = {
  server: [
    ...["4.1", "4.2.1", "4.2.2", "4.4", "5.1", "5.2", "5.3", "5.4", "5.5", "5.5.1", "5.5.2"],
    ...["5.5.3", "5.6", "7.1.1", "7.1.7", "7.4", "8.1", "9", "9.1", "10.4", "11.3.1", "11.3.5"],
  ].map((section) => `RFC 6455, ${section}`).concat(
    ["5.1", "6", "6.1", "7", "7.1.1.1", "7.1.2.1", "7.1.2.2", "7.2", "7.2.2", "7.2.3.1"]
      .map((section) => `RFC 7692, ${section}`),
    ["7.2.3.2", "7.2.3.3", "7.2.3.4", "7.2.3.5", "7.2.3.6"].map((s) => `RFC 7692, ${s}`),
  ),
  client: [
    ...["4.1", "4.2.2", "5.1", "5.2", "5.3", "5.4", "5.5", "5.5.1", "5.5.2", "5.5.3", "5.6"],
    ...["7.1.1", "7.1.2", "7.1.7", "7.4", "8.1", "9.1", "10.4", "11.3.2", "11.3.3", "11.3.4"],
  ].map((section) => `RFC 6455, ${section}`).concat(
    ["5.1", "6", "6.1", "7.1", "7.1.1.2", "7.1.2.2", "7.2", "7.2.2", "7.2.3.1", "7.2.3.2"]
      .map((section) => `RFC 7692, ${section}`),
  ),
};

Deno.test("each section that asks something of a server or a client has a case", () => {
  for (const role of ["server", "client"] as const) {
    const there = new Set(casesFor(role).map(({ section }) => section));
    assert.deepEqual(SECTIONS[role].filter((section) => !there.has(section)), [], role);
  }
});
