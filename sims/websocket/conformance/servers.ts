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
  /** Opens a connection to it; default: to what the URL names. */
  readonly connect?: () => Promise<Deno.Conn>;
  /** The sub-protocol without which it takes nobody. */
  readonly protocol?: string;
}

/** @param patience how long a silent server is waited for */
export async function runServerCase(
  one: Case,
  server: ServerUnderTest,
  patience: Duration = seconds(4),
): Promise<Outcome> {
  const { url, caCerts, connect } = server;
  const head = requestOf(one, server);
  let peer: RawPeer;
  try {
    peer = await RawPeer.connect(url, { head, within: patience, caCerts, connect });
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

function requestOf({ head, deflate }: Case, { url, protocol }: ServerUnderTest): RawHead {
  const path = new URL(url).pathname;
  return {
    ...head,
    startLine: head?.startLine?.replace("{path}", path),
    fields: {
      ...(protocol !== undefined && { "Sec-WebSocket-Protocol": protocol }),
      ...(deflate !== undefined && { "Sec-WebSocket-Extensions": deflate }),
      ...head?.fields,
    },
  };
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
