import assert from "node:assert/strict";
import type { Role } from "./case.ts";
import { casesFor } from "./cases/mod.ts";

/**
 * The sections of RFC 6455 with a MUST or MUST NOT for who is looked at, each of which has a case.
 * Those that are not here are about intermediaries (5.4), extensions to come (5.2, 5.8), URIs before
 * they come to a connection (3, 11.1), and what an endpoint shows to people (5.5.1).
 */
const SECTIONS: Readonly<Record<Role, readonly string[]>> = {
  server: [
    ...["4.1", "4.2.1", "4.2.2", "4.4", "5.1", "5.2", "5.3", "5.4", "5.5", "5.5.1", "5.5.2"],
    ...["5.5.3", "5.6", "7.1.1", "7.1.7", "7.4", "8.1", "9", "9.1", "10.4", "11.3.1", "11.3.5"],
  ],
  client: [
    ...["4.1", "4.2.2", "5.1", "5.2", "5.3", "5.4", "5.5", "5.5.1", "5.5.2", "5.5.3", "5.6"],
    ...["7.1.1", "7.1.2", "7.1.7", "7.4", "8.1", "9.1", "10.4", "11.3.2", "11.3.3", "11.3.4"],
  ],
};

Deno.test("each section of RFC 6455 that asks something of a server or a client has a case", () => {
  for (const role of ["server", "client"] as const) {
    const there = new Set(casesFor(role).map(({ section }) => section));
    const missing = SECTIONS[role].filter((section) => !there.has(`RFC 6455, ${section}`));
    assert.deepEqual(missing, [], role);
  }
});

/** A requirement of RFC 7692, and the rule of the case that looks at it. */
type Requirement = readonly [section: string, must: string, rule: string];

/** What is asked of both sides. */
const BOTH: readonly Requirement[] = [
  ["5", "use what was agreed on for messages", "takes long messages that share a window"],
  ["6.1", "send compressed messages so", "takes long messages that share a window"],
  ["6.1", "send others without RSV1", "takes a message that is not compressed"],
  ["6.1", "not set RSV1 in a control frame", "answers a ping between compressed fragments"],
  ["6.1", "fail on RSV1 in a control frame", "fails on RSV1 in a ping"],
  ["6.1", "fail on RSV1 in a control frame", "fails on RSV1 in a close"],
  ["6.1", "fail on RSV1 in a later fragment", "fails on RSV1 in a continuation"],
  ["6.2", "join the fragments, then inflate", "takes a compressed message in fragments"],
  ["6.2", "take others as they are", "takes compressed and other messages in turn"],
  [
    "7.2.1",
    "pad after a last block, keep the octets 00 00 ff ff of all fragments but the last",
    "takes what cannot be compressed",
  ],
  [
    "7.2.1",
    "start with an empty window when so agreed",
    "looks back to no other message when told not to",
  ],
  ["7.2.1", "use no longer window than agreed", "looks no farther back than a window of 9 bits"],
  ["7.2.2", "keep the window for the next message", "keeps its window from message to message"],
  ["7.2.2", "have a window of 32,768 octets", "remembers 32,768 octets of the message before"],
];

/**
 * Every MUST and MUST NOT of RFC 7692, in its order. Left out are those for who writes another
 * extension (4), and that no window is over 32,768 octets (7.2.1): DEFLATE has no way to say it.
 */
const REQUIREMENTS: Readonly<Record<Role, readonly Requirement[]>> = {
  server: [
    ["5", "name what it takes", "takes a compressed message"],
    ["5", "take only what it supports", "takes no extension that it does not know"],
    ["5", "take no two that use RSV1", "takes one offer of two"],
    ["5", "name none when it declines all", "takes no extension when none is asked for"],
    ["7", "decline a parameter that is not defined", "declines a parameter that nobody knows"],
    ["7", "decline a value that is not valid", "declines a window of 7 bits"],
    ["7", "decline a repeated parameter", "declines a parameter that is there twice"],
    [
      "7",
      "decline what it does not support",
      "declines, or keeps no context, when asked to keep none",
    ],
    ["7.1.2.1", "answer a number without zeros", "declines, or keeps to a window, when asked to"],
    [
      "7.1.2.2",
      "answer a number without zeros",
      "bounds a client's window by no more than was offered",
    ],
    [
      "7.1.2.2",
      "not bound a client that does not offer it",
      "does not bound a window that the client cannot",
    ],
    ...BOTH,
  ],
  client: [
    ["5", "name what it offers", "offers nothing, or parameters with values that they may have"],
    [
      "5",
      "tell its window, if it is smaller",
      "offers nothing, or parameters with values that they may have",
    ],
    ["5", "fail when two are taken that use RSV1", "refuses an answer that takes it twice"],
    ["5", "fail on what it did not offer", "refuses an extension that it did not ask for"],
    [
      "7",
      "fail on a parameter that is not defined",
      "refuses an answer with a parameter that nobody knows",
    ],
    ["7", "fail on a value that is not valid", "refuses an answer with a window of 7 bits"],
    ["7", "fail on a repeated parameter", "refuses an answer with a parameter that is there twice"],
    [
      "7",
      "fail on what it does not support",
      "refuses an answer with a client's window without a number",
    ],
    ["7.1.1.2", "be able to keep no context", "looks back to no other message when told not to"],
    [
      "7.1.2.1",
      "offer a number without zeros",
      "offers nothing, or parameters with values that they may have",
    ],
    [
      "7.1.2.2",
      "offer a number without zeros, or none",
      "offers nothing, or parameters with values that they may have",
    ],
    ...BOTH,
  ],
};

Deno.test("each MUST of RFC 7692 has a case", () => {
  for (const role of ["server", "client"] as const) {
    const there = new Set(casesFor(role).map(({ rule }) => rule));
    const missing = REQUIREMENTS[role].filter(([, , rule]) => !there.has(rule));
    assert.deepEqual(missing, [], role);
  }
});
