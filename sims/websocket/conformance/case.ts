/** What a case of the conformance table is, and how it is run against an echo server. */
import { type Duration, ms } from "hil/time/mod.ts";
import { describe, type RawHead, RawPeer, type Received, type Step } from "../raw_peer.ts";

export interface Case {
  /** "RFC 6455, 5.2" */
  readonly section: string;
  /** The rule, as a sentence about the server. */
  readonly rule: string;
  readonly head?: RawHead;
  readonly steps?: readonly Step[];
  readonly expect: Expectation;
}

export type Expectation =
  /** The handshake is answered with one of these; null: with none but 101. */
  | { readonly status: readonly number[] | null }
  /** The answer has such a field. */
  | { readonly answers: Readonly<Record<string, RegExp | null>> }
  /** These come, and nothing else, and then a close that we ask for is answered. */
  | { readonly receives: readonly string[] }
  /** The connection is failed, with this close code. */
  | { readonly fails: number }
  /** The close frame is answered with this code (1005: none), and the connection ends. */
  | { readonly closes: number };

/** `lax`: the connection ended as it must, but not with the close code that says why. */
export type Verdict = "pass" | "lax" | "FAIL";

export interface Outcome {
  readonly verdict: Verdict;
  /** What came, in words. */
  readonly seen: string;
}

const CLOSE_NORMALLY: Step = { do: "frame", frame: { opcode: 8, payload: Uint8Array.of(3, 232) } };

/** @param patience how long a silent server is waited for */
export async function runCase(
  one: Case,
  url: string,
  patience: Duration = ms(1000),
): Promise<Outcome> {
  let peer: RawPeer;
  try {
    peer = await RawPeer.connect(url, { head: one.head, within: patience });
  } catch (error) {
    const hungUp = "status" in one.expect && one.expect.status === null;
    return { verdict: hungUp ? "lax" : "FAIL", seen: (error as Error).message };
  }
  try {
    return await judged(one, peer, patience);
  } finally {
    peer.close();
  }
}

async function judged(one: Case, peer: RawPeer, patience: Duration): Promise<Outcome> {
  const { expect } = one;
  const status = Number(peer.head.startLine.split(" ")[1]);
  if ("status" in expect) {
    const right = expect.status === null ? status !== 101 : expect.status.includes(status);
    return { verdict: right ? "pass" : status === 101 ? "FAIL" : "lax", seen: `${status}` };
  }
  if (status !== 101) return { verdict: "FAIL", seen: peer.head.startLine };
  if ("answers" in expect) return answered(peer, expect.answers);
  await peer.play(one.steps ?? []);
  if ("receives" in expect) await peer.play([CLOSE_NORMALLY]);
  const all = await receiveAll(peer, patience);
  const seen = all.map(summary);
  return { verdict: verdict(expect, seen), seen: seen.join(" · ") };
}

function verdict(
  expect: { receives: readonly string[] } | { fails: number } | { closes: number },
  seen: readonly string[],
): Verdict {
  const is = (...wanted: string[]) => JSON.stringify(seen) === JSON.stringify(wanted);
  if ("receives" in expect) return is(...expect.receives, "close 1000", "end") ? "pass" : "FAIL";
  if ("closes" in expect) {
    const { closes } = expect;
    return is(`close ${closes}`, "end") || closes === 1005 && is("close 1000", "end")
      ? "pass"
      : "FAIL";
  }
  if (is(`close ${expect.fails}`, "end")) return "pass";
  // Failing a connection without a close frame, or for another reason, ends it nevertheless (7.1.7).
  const messages = seen.some((what) => what.startsWith("text") || what.startsWith("binary"));
  return !messages && /^(end|reset)$/.test(seen.at(-1)!) ? "lax" : "FAIL";
}

async function receiveAll(peer: RawPeer, within: Duration): Promise<readonly Received[]> {
  const all: Received[] = [];
  for (;;) {
    const received = await peer.next({ within });
    all.push(received);
    if (received.type !== "frame") return whole(all);
  }
}

/** Messages in fragments, put together: how an echo is cut is the server's own affair. */
function whole(all: readonly Received[]): readonly Received[] {
  const out: Received[] = [];
  let open: (Received & { type: "frame" }) | undefined;
  for (const received of all) {
    if (received.type !== "frame" || received.opcode >= 8) out.push(received);
    else {
      const payload = open
        ? Uint8Array.from([...open.payload, ...received.payload])
        : received.payload;
      open = { ...(open ?? received), payload, fin: received.fin };
      if (!received.fin) continue;
      out.push(open);
      open = undefined;
    }
  }
  return out;
}

/** Short enough to compare, and to print in a table. */
function summary(received: Received): string {
  if (received.type === "ended") return received.reset ? "reset" : "end";
  if (received.type !== "frame") return describe(received);
  const { opcode, payload, rsv } = received;
  if (opcode === 8) {
    return `close ${payload.length < 2 ? 1005 : payload[0]! << 8 | payload[1]!}`;
  }
  const names: Readonly<Record<number, string>> = { 1: "text", 2: "binary", 9: "ping", 10: "pong" };
  const text = new TextDecoder().decode(payload);
  const shown = payload.length > 40 ? `of ${payload.length}` : JSON.stringify(text);
  return `${names[opcode] ?? `opcode ${opcode}`} ${shown}${rsv ? ` RSV ${rsv}` : ""}`;
}

function answered(
  peer: RawPeer,
  wanted: Readonly<Record<string, RegExp | null>>,
): Outcome {
  const seen = Object.keys(wanted).map((name) => {
    const values = peer.head.fields.filter(([known]) => known === name.toLowerCase());
    return [name, values.map(([, value]) => value).join(", ")] as const;
  });
  const right = seen.every(([name, value]) => {
    const pattern = wanted[name]!;
    return pattern ? pattern.test(value) : value === "";
  });
  const text = seen.map(([name, value]) => `${name}: ${value || "none"}`).join(" · ");
  return { verdict: right ? "pass" : "FAIL", seen: text };
}
