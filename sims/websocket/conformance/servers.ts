/** How a case is run against an echo server. */
import { type Duration, seconds } from "hil/time/mod.ts";
import { type RawHead, RawPeer } from "../raw_peer.ts";
import type { Case, Outcome } from "./case.ts";
import { agreedIn, receiveAll } from "./transcript.ts";
import { closing, fieldsOutcome, judge } from "./verdict.ts";

export interface ServerUnderTest {
  /** "ws://localhost:9001/" */
  readonly url: string;
  /** PEM of who signed its certificate. */
  readonly caCerts?: string[];
}

/** @param patience how long a silent server is waited for */
export async function runServerCase(
  one: Case,
  { url, caCerts }: ServerUnderTest,
  patience: Duration = seconds(2),
): Promise<Outcome> {
  const offer: RawHead["fields"] = one.deflate ? { "Sec-WebSocket-Extensions": one.deflate } : {};
  const head = { ...one.head, fields: { ...offer, ...one.head?.fields } };
  let peer: RawPeer;
  try {
    peer = await RawPeer.connect(url, { head, within: patience, ...(caCerts && { caCerts }) });
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
  const { expect, steps = [] } = one;
  const status = Number(peer.head.startLine.split(" ")[1]);
  if ("status" in expect) {
    const right = expect.status === null ? status !== 101 : expect.status.includes(status);
    return { verdict: right ? "pass" : status === 101 ? "FAIL" : "lax", seen: `${status}` };
  }
  if ("fields" in expect && expect.startLine) return fieldsOutcome(peer.head, expect);
  if (status !== 101) {
    const lax = "fields" in expect && expect.orRefuses && status >= 400;
    return { verdict: lax ? "lax" : "FAIL", seen: peer.head.startLine };
  }
  if ("fields" in expect) return fieldsOutcome(peer.head, expect);
  const deflate = agreedIn(peer.head);
  if (one.deflate !== undefined && !deflate) return { verdict: "n/a", seen: "no compression" };
  await peer.play(steps);
  const after = closing(one, peer);
  return judge(one, await receiveAll(peer, { role: "server", deflate, within: patience, after }));
}
