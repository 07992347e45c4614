/** What is made of what came. */
import type { Head } from "../core/mod.ts";
import type { RawPeer, Step } from "../raw_peer.ts";
import type { Case, Expectation, Outcome, Verdict } from "./case.ts";
import type { Listening } from "./transcript.ts";

export const CLOSE_NORMALLY: Step = {
  do: "frame",
  frame: { opcode: 8, payload: Uint8Array.of(3, 232) },
};

/** What a case waits for before it closes: a browser that is closed gives nothing back any more. */
export function closing({ expect }: Case, peer: RawPeer): Listening["after"] {
  if (!("receives" in expect)) return undefined;
  return { words: expect.receives.length, act: () => peer.play([CLOSE_NORMALLY]) };
}

/** Codes that no close frame may have (7.4.1). */
const NEVER_SENT = [1005, 1006, 1015].map((code) => `close ${code}`);
/** Words of a transcript that are the connection's end. */
const ENDS = ["end", "reset"];

/** @param seen up to the end of the connection; of a client, up to its close frame */
export function judge({ expect, level }: Case, seen: readonly string[]): Outcome {
  const verdict = verdictOf(expect, seen);
  return {
    verdict: verdict === "FAIL" && level === "SHOULD" ? "lax" : verdict,
    seen: seen.join(" · "),
  };
}

function verdictOf(expect: Expectation, seen: readonly string[]): Verdict {
  const last = seen.at(-1)!;
  // Whether the last word is the server's end or the client's close, it is what ends it in order.
  const frames = last === "end" ? seen.slice(0, -1) : seen;
  const is = (...wanted: string[]) => JSON.stringify(frames) === JSON.stringify(wanted);
  if ("receives" in expect) return is(...expect.receives, "close 1000") ? "pass" : "FAIL";
  if ("closes" in expect) {
    // Who is told no code may say none, or that all is well.
    const { closes } = expect;
    const right = closes === null
      ? is("close without a code") || is("close 1000")
      : is(`close ${closes}`);
    return right ? "pass" : "FAIL";
  }
  if ("fails" in expect) {
    if (is(`close ${expect.fails}`)) return "pass";
    if (frames.some((what) => NEVER_SENT.includes(what))) return "FAIL";
    if (expect.fails === null && frames.length === 0) return "pass";
    // To fail a connection without a close frame, or for another reason, ends it too (7.1.7).
    const { after = [] } = expect;
    const late = after.every((word, i) => frames[i] === word) ? frames.slice(after.length) : frames;
    if (expect.fails !== null && late.join() === `close ${expect.fails}`) return "pass";
    const only = late.every((what) => what.startsWith("close") || ENDS.includes(what));
    const ended = ENDS.includes(last) || last.startsWith("close");
    return only && ended ? (expect.fails === null ? "pass" : "lax") : "FAIL";
  }
  return "FAIL";
}

/** Whether a head has the fields that it is to have. */
export function fieldsOutcome(
  head: Head,
  { fields, startLine }: Extract<Expectation, { fields: unknown }>,
): Outcome {
  const seen = Object.keys(fields).map((name) => {
    const values = head.fields.filter(([known]) => known === name.toLowerCase());
    return [name, values.map(([, value]) => value).join(", ")] as const;
  });
  const right = (startLine?.test(head.startLine) ?? true) && seen.every(([name, value]) => {
    const pattern = fields[name]!;
    return pattern ? pattern.test(value) : value === "";
  });
  const words = seen.map(([name, value]) => `${name}: ${value || "none"}`);
  if (startLine) words.unshift(head.startLine);
  return { verdict: right ? "pass" : "FAIL", seen: words.join(" · ") };
}
