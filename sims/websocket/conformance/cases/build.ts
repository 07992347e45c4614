/** Short words that cases are written in. */
import { encodeRawFrame, type RawFrame } from "../../core/mod.ts";
import { Compressor } from "../../core/deflate.ts";
import type { Step } from "../../raw_peer.ts";
import type { Case, Expectation, Role } from "../case.ts";

export function send(...frames: RawFrame[]): readonly Step[] {
  return frames.map((frame) => ({ do: "frame", frame }));
}

/** Many frames in one write; one that is there often is made once. */
export function sendAtOnce(role: Role, frames: readonly RawFrame[]): Step {
  const own = role === "client" ? { mask: "none" as const } : {};
  const made = new Map([...new Set(frames)].map((frame) => {
    return [frame, encodeRawFrame({ ...own, ...frame })] as const;
  }));
  const parts = frames.map((frame) => made.get(frame)!);
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return { do: "bytes", bytes };
}

export const BYTEWISE: Step = { do: "pace", chunkBytes: 1 };

export function text(payload: string | Uint8Array): RawFrame {
  return { opcode: 1, payload };
}

export function octets(...octets: number[]): Uint8Array {
  return Uint8Array.from(octets);
}

/** Payload of a close frame. */
export function code(code: number, reason = ""): Uint8Array {
  return octets(code >> 8, code & 255, ...new TextEncoder().encode(reason));
}

/** What a message is in a transcript. */
export function saw(kind: "text" | "binary" | "pong", content: string | number): string {
  return `${kind} ${typeof content === "number" ? `of ${content}` : JSON.stringify(content)}`;
}

/** A case of RFC 6455. */
export function rule(
  section: string,
  rule: string,
  steps: readonly Step[],
  expect: Expectation,
  more: Partial<Case> = {},
): Case {
  return { section: `RFC 6455, ${section}`, rule, steps, expect, ...more };
}

export const SHOULD = { level: "SHOULD" } as const;

/** Compressed messages of one connection, each in a frame with RSV1. */
export function compressed(
  messages: readonly (string | Uint8Array)[],
  { windowBits = 15, takeover = true } = {},
): RawFrame[] {
  const compressor = new Compressor({ windowBits, takeover });
  return messages.map((message) => {
    const bytes = typeof message === "string" ? new TextEncoder().encode(message) : message;
    const payload = compressor.compress(bytes).slice();
    return { opcode: typeof message === "string" ? 1 : 2, rsv: 4, payload };
  });
}
