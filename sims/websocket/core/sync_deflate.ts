/**
 * A deflate state that lives from message to message and works synchronously. node:zlib offers the
 * state only behind streams and the synchronous only without state; the binding under its streams,
 * which has both, has been the same since Node 0.12 (minizlib, and so npm, work by it too).
 */
import { constants, createDeflateRaw } from "node:zlib";

interface Binding {
  writeSync(
    flush: number,
    source: Uint8Array,
    sourceAt: number,
    sourceBytes: number,
    target: Uint8Array,
    targetAt: number,
    targetBytes: number,
  ): void;
  close(): void;
}

const CHUNK_BYTES = 16 * 1024;

export class SyncDeflate {
  readonly #binding: Binding;
  /** What a write leaves: octets free in the target, octets left of the source. */
  readonly #left: Uint32Array;

  /** @param options zlib's level, and window bits of 9 to 15 */
  constructor(options: { readonly level: number; readonly windowBits: number }) {
    const { _handle, _writeState } = createDeflateRaw(options) as unknown as {
      _handle: Binding;
      _writeState: Uint32Array;
    };
    this.#binding = _handle;
    this.#left = _writeState;
  }

  /** Frees the state (268 KB), which the garbage collector knows nothing of. */
  close(): void {
    this.#binding.close();
  }

  /** Deflates all of it, up to and with the empty stored block of a flush. */
  flush(bytes: Uint8Array): Uint8Array {
    const parts: Uint8Array[] = [];
    for (let at = 0;;) {
      const target = new Uint8Array(Math.max(CHUNK_BYTES, bytes.length - at));
      const left = bytes.length - at;
      this.#binding.writeSync(constants.Z_SYNC_FLUSH, bytes, at, left, target, 0, target.length);
      const [free, unread] = this.#left as unknown as [number, number];
      at = bytes.length - unread;
      parts.push(target.subarray(0, target.length - free));
      if (free > 0) break;
    }
    return parts.length === 1 ? parts[0]! : joined(parts);
  }
}

/** Octets one after another. */
export function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
