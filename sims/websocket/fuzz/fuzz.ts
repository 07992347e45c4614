/** Octets through the core, and what must be so whatever they are. */
import { Random } from "hil/time/mod.ts";
import {
  accept,
  checkRequest,
  checkResponse,
  Connection,
  DEFAULT_LIMITS,
  HandshakeError,
  HeadReader,
  ProtocolError,
  type WebSocketEvent,
} from "../core/mod.ts";
import { frames, head, LONGEST_HEAD_BYTES } from "./byte_strings.ts";

/** How often what came out. */
export type Counts = Record<string, number>;

const DEFLATE = {
  ...{ serverNoContextTakeover: false, clientNoContextTakeover: false },
  ...{ serverMaxWindowBits: 15, clientMaxWindowBits: 15 },
};
const LIMITS = { maxFrameBytes: 1000, maxMessageBytes: 1500 };
/** What is a little longer than it was is too long. */
const HEAD_LIMITS = { ...DEFAULT_LIMITS, maxHeadBytes: LONGEST_HEAD_BYTES + 2 };
const ANSWER = {
  ...{ host: "a", resource: "/chat", deflate: {} },
  nonce: new TextEncoder().encode("the sample nonce"),
};

/**
 * Runs `count` byte strings; number `from` is the first, so that one alone can be run again.
 *
 * @throws Error that names the string's number when the core did what it must not
 */
export function fuzz(
  { seed, from = 0, count }: { seed: number; from?: number; count: number },
): Counts {
  const counts: Counts = {};
  for (let number = from; number < from + count; number++) {
    try {
      const outcome = one(new Random(seed * 2 ** 32 + number));
      counts[outcome] = (counts[outcome] ?? 0) + 1;
    } catch (cause) {
      const message = `Byte string ${number} of seed ${seed}: ${(cause as Error).message}`;
      throw new Error(message, { cause });
    }
  }
  return counts;
}

function one(random: Random): string {
  if (random.chance(0.15)) return handshake(random, head(random));
  const role = random.chance(0.5) ? "server" : "client";
  const deflate = random.chance(0.3);
  const bytes = frames(random, role, deflate);
  const make = () =>
    new Connection({
      ...{ role, limits: LIMITS, deflate: deflate ? DEFLATE : undefined, maskKey: () => 7 },
    });
  const events = inChunks(make(), bytes, random);
  // One in eight: the same in one piece. It would be slow for all, and no more telling.
  if (random.chance(0.125)) same(events, make().receive(bytes));
  return verdict(events);
}

function inChunks(connection: Connection, bytes: Uint8Array, random: Random): WebSocketEvent[] {
  const events: WebSocketEvent[] = [];
  const most = 1 + random.below(bytes.length + 1);
  for (let at = 0; at < bytes.length;) {
    const end = at + 1 + random.below(most);
    events.push(...connection.receive(bytes.subarray(at, end)));
    at = end;
  }
  const last = events.at(-1)?.type;
  const ended = last === "failed" || last === "close";
  if (connection.ended !== ended || connection.closeSent !== (last === "failed")) {
    throw new Error(`it has ended: ${connection.ended}, and the last event is "${last}"`);
  }
  return events;
}

function verdict(events: readonly WebSocketEvent[]): string {
  for (const [i, event] of events.entries()) {
    const last = i === events.length - 1;
    if (!last && (event.type === "failed" || event.type === "close")) {
      throw new Error(`an event comes after "${event.type}"`);
    }
    if (event.type === "text" && !event.text.isWellFormed()) throw new Error("text is ill-formed");
    if (event.type === "binary" && event.bytes.length > LIMITS.maxMessageBytes) {
      throw new Error(`a message has ${event.bytes.length} octets`);
    }
  }
  const last = events.at(-1);
  if (last?.type !== "failed") return last?.type ?? "nothing";
  const { error } = last;
  if (!(error instanceof ProtocolError) || ![1002, 1007, 1009].includes(error.closeCode)) {
    throw new Error(`it failed with ${error}`);
  }
  return `failed ${error.closeCode}`;
}

function same(chunked: readonly WebSocketEvent[], whole: readonly WebSocketEvent[]): void {
  const text = (events: readonly WebSocketEvent[]) =>
    events.map((event) => "error" in event ? event.error.message : Deno.inspect(event)).join("\n");
  const [a, b] = [text(chunked), text(whole)];
  if (a !== b) throw new Error(`in chunks it is\n${a}\nin one piece\n${b}`);
}

function handshake(random: Random, bytes: Uint8Array): string {
  try {
    const reader = new HeadReader(HEAD_LIMITS);
    const cut = random.below(bytes.length + 1);
    const head = reader.push(bytes.subarray(0, cut)) ?? reader.push(bytes.subarray(cut));
    if (!head) return "head incomplete";
    if (head.startLine.startsWith("HTTP")) checkResponse(head, ANSWER);
    else accept(checkRequest(head), { deflate: {} });
    return "granted";
  } catch (error) {
    if (!(error instanceof HandshakeError)) throw error;
    return `refused ${error.status}`;
  }
}
