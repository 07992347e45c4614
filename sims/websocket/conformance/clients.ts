/** How a case is run against a client that gives back every message: we are the server. */
import { type Duration, seconds, withLimit } from "hil/time/mod.ts";
import { acceptKey, type Head, listOf, parseExtensions, valuesOf } from "../core/mod.ts";
import { type RawHead, RawPeer } from "../raw_peer.ts";
import type { Case, Outcome } from "./case.ts";
import type { EchoClient, EchoConnection } from "./echo_clients.ts";
import { special } from "./special.ts";
import { agreedIn, receiveAll } from "./transcript.ts";
import { closing, fieldsOutcome, judge } from "./verdict.ts";

/** Browsers wait when many a connection has failed. */
export const CONNECT_LIMIT = seconds(10);
const RESOURCE = "/conformance?case=1";

/** A client, and where it is told to connect to. */
export interface Meeting {
  readonly client: EchoClient;
  readonly listener: Deno.Listener;
  readonly url: string;
  readonly patience: Duration;
}

/** @param patience how long a silent client is waited for */
export async function runClientCase(
  one: Case,
  client: EchoClient,
  patience: Duration = seconds(4),
): Promise<Outcome> {
  using listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  const { port } = listener.addr as Deno.NetAddr;
  const meeting = { client, listener, url: `ws://127.0.0.1:${port}${RESOURCE}`, patience };
  try {
    const { expect } = one;
    return await ("special" in expect ? special(expect.special, meeting) : meet(one, meeting));
  } catch (error) {
    return { verdict: "FAIL", seen: (error as Error).message };
  }
}

async function meet(one: Case, meeting: Meeting): Promise<Outcome> {
  const { client, listener, url, patience } = meeting;
  const connection = client.connect(url, one.protocols ?? []);
  const conn = await inTime(listener.accept(), CONNECT_LIMIT, "the client does not connect");
  let request: Head | undefined;
  const answer = (head: Head): RawHead => {
    request = head;
    const fields: RawHead["fields"] = one.deflate
      ? { "Sec-WebSocket-Extensions": one.deflate }
      : {};
    const skip = one.deflate !== undefined && !speaks(head, one.deflate);
    return skip ? { startLine: "HTTP/1.1 503 No" } : {
      ...one.head,
      fields: { ...firstProtocol(head), ...fields, ...filledIn(one.head?.fields, head) },
    };
  };
  const peer = await inTime(RawPeer.accept(conn, answer), patience, "the client does not ask");
  try {
    if (one.deflate !== undefined && !speaks(request!, one.deflate)) {
      return { verdict: "n/a", seen: "no such compression" };
    }
    return await judged(one, peer, connection, patience);
  } finally {
    peer.close();
    connection.abandon();
  }
}

async function judged(
  one: Case,
  peer: RawPeer,
  connection: EchoConnection,
  patience: Duration,
): Promise<Outcome> {
  const { expect, steps = [] } = one;
  if ("fields" in expect) return fieldsOutcome(peer.head, expect);
  if ("refuses" in expect) return await refused(peer, connection, patience);
  if (!await inTime(connection.opened, CONNECT_LIMIT, "the client does not say that it is open")) {
    return { verdict: "FAIL", seen: "the client takes the handshake for a bad one" };
  }
  await peer.play(steps);
  const deflate = one.deflate === undefined
    ? undefined
    : agreedIn({ fields: [["sec-websocket-extensions", one.deflate]] });
  const after = closing(one, peer);
  return judge(one, await receiveAll(peer, { role: "client", deflate, within: patience, after }));
}

async function refused(
  peer: RawPeer,
  { opened }: EchoConnection,
  patience: Duration,
): Promise<Outcome> {
  // Some wait for the rest of an answer that is no upgrade.
  await peer.play([{ do: "end-sending" }]);
  const open = await withLimit<boolean | undefined>(opened, patience, () => undefined);
  if (open === undefined) return { verdict: "FAIL", seen: "neither open nor failed" };
  const words = await receiveAll(peer, { role: "client", deflate: undefined, within: patience });
  const seen = `${open ? "open" : "failed"} · ${words.join(" · ")}`;
  return { verdict: open ? "FAIL" : "pass", seen };
}

/** Whether the client can be told of such a compression. */
function speaks(request: Head, answer: string): boolean {
  const offers = valuesOf(request, "sec-websocket-extensions").flatMap(parseExtensions)
    .filter(({ name }) => name === "permessage-deflate");
  const bounds = answer.includes("client_max_window_bits");
  const able = ({ parameters }: typeof offers[number]) =>
    parameters.some(([name]) => name === "client_max_window_bits");
  return offers.length > 0 && (!bounds || offers.some(able));
}

/** The fields of a case for the client that has asked so. */
function filledIn(fields: RawHead["fields"] = {}, request: Head): RawHead["fields"] {
  const accept = acceptKey(valuesOf(request, "sec-websocket-key")[0] ?? "");
  const fill = (value: string) => value.replace("{accept}", accept);
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      name,
      value === null ? null : typeof value === "string" ? fill(value) : value.map(fill),
    ]),
  );
}

/** A client that asks for sub-protocols may want one. */
function firstProtocol(request: Head): Record<string, string> {
  const [first] = listOf(request, "sec-websocket-protocol");
  return first === undefined ? {} : { "Sec-WebSocket-Protocol": first };
}

export async function inTime<T>(work: Promise<T>, limit: Duration, what: string): Promise<T> {
  return await withLimit(work, limit, () => {
    throw new Error(`${what} within ${limit}`);
  });
}
