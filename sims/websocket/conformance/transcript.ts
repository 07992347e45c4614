/** What came of a peer, as words that are short enough to compare and to print in a table. */
import { type DeflateParameters, type Head, parseExtensions, valuesOf } from "../core/mod.ts";
import { Decompressor } from "../core/deflate.ts";
import { parametersOf } from "../core/extensions.ts";
import { describe, type RawPeer, type Received } from "../raw_peer.ts";
import type { Duration } from "hil/time/mod.ts";
import type { Role } from "./case.ts";
import { reachOf } from "./reach.ts";

type Frame = Received & { type: "frame" };

const LONGEST_MESSAGE_BYTES = 512 * 1024 * 1024;
const KINDS: Readonly<Record<number, string>> = { 1: "text", 2: "binary", 9: "ping", 10: "pong" };

/** What permessage-deflate a head agrees on, if it does. */
export function agreedIn(head: Pick<Head, "fields">): DeflateParameters | undefined {
  const [first] = valuesOf(head, "sec-websocket-extensions").flatMap(parseExtensions);
  return first && parametersOf(first);
}

export interface Listening {
  /** Who is listened to. */
  readonly role: Role;
  readonly deflate: DeflateParameters | undefined;
  /** How long silence is waited for. */
  readonly within: Duration;
  /** Done when so many words have come. */
  readonly after?: { readonly words: number; readonly act: () => Promise<void> };
}

/** All that comes until the connection ends, a client's close frame is there, or nothing comes. */
export async function receiveAll(
  peer: RawPeer,
  { role, deflate, within, after }: Listening,
): Promise<string[]> {
  const words = new Words(role, deflate);
  let acted = after === undefined;
  for (;;) {
    if (!acted && words.all.length >= after!.words) {
      acted = true;
      await after!.act();
    }
    const received = await peer.next({ within });
    const seen = words.of(received);
    if (seen !== undefined) words.all.push(seen);
    // It is the server that ends the connection, and with a client we are it.
    if (received.type !== "frame" || role === "client" && seen?.startsWith("close")) {
      return words.all;
    }
  }
}

class Words {
  readonly all: string[] = [];
  readonly #deflate: { bits: number; takeover: boolean; decompressor: Decompressor } | undefined;
  /** A message in fragments: how an echo is cut is the peer's own affair. */
  #open: Frame | undefined;

  constructor(role: Role, agreed: DeflateParameters | undefined) {
    if (!agreed) return;
    const direction = role === "server"
      ? { windowBits: agreed.serverMaxWindowBits, takeover: !agreed.serverNoContextTakeover }
      : { windowBits: agreed.clientMaxWindowBits, takeover: !agreed.clientNoContextTakeover };
    const decompressor = new Decompressor({ ...direction, windowBits: 15 }, LONGEST_MESSAGE_BYTES);
    this.#deflate = { bits: direction.windowBits, takeover: direction.takeover, decompressor };
  }

  /** Undefined within a message in fragments. */
  of(received: Received): string | undefined {
    if (received.type === "ended") return received.reset ? "reset" : "end";
    if (received.type !== "frame") return describe(received);
    if (received.opcode >= 8) return control(received);
    const { rsv, opcode } = received;
    if (this.#open && rsv) return `continuation RSV ${rsv}`;
    if (!this.#open === (opcode === 0)) return `opcode ${opcode} out of place`;
    const payload = this.#open ? joined(this.#open.payload, received.payload) : received.payload;
    this.#open = { ...(this.#open ?? received), payload };
    if (!received.fin) return undefined;
    const whole = this.#open;
    this.#open = undefined;
    return this.#message(whole);
  }

  #message({ opcode, rsv, payload }: Frame): string {
    const kind = KINDS[opcode] ?? `opcode ${opcode}`;
    if (rsv === 0) return `${kind} ${shown(payload)}`;
    if (rsv !== 4 || !this.#deflate) return `${kind} ${shown(payload)} RSV ${rsv}`;
    const { bits, takeover, decompressor } = this.#deflate;
    try {
      const { distance, before } = reachOf(payload);
      const message = `${kind} ${shown(decompressor.decompress(payload))}`;
      if (distance > 2 ** bits) return `${message} with a match ${distance} octets back`;
      return !takeover && before > 0 ? `${message} with a match before it` : message;
    } catch (error) {
      return `${kind} that is no DEFLATE: ${(error as Error).message}`;
    }
  }
}

function control({ opcode, payload, rsv, fin }: Frame): string {
  const more = `${fin ? "" : " not FIN"}${rsv ? ` RSV ${rsv}` : ""}`;
  if (opcode === 8) {
    const code = payload.length < 2 ? "without a code" : payload[0]! << 8 | payload[1]!;
    return `close ${code}${more}`;
  }
  return `${KINDS[opcode] ?? `opcode ${opcode}`} ${shown(payload)}${more}`;
}

function shown(payload: Uint8Array): string {
  if (payload.length > 40) return `of ${payload.length}`;
  return JSON.stringify(decoder.decode(payload));
}

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}
