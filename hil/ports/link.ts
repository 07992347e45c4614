/** Raw bytes to and from the outside: what a console, a framed shell or a packet port stands on. */
export interface ByteLink {
  /** What the other side says; ends when the link does. */
  readonly readable: ReadableStream<Uint8Array>;
  /** Resolves when the bytes are handed over (back-pressure). */
  write(data: Uint8Array): Promise<void>;
  close(): Promise<void>;
}
