/** Raw bytes to and from the outside: what a console, a framed shell or a packet port stands on. */
export interface ByteLink {
  /** What the other side says; ends when the link does. */
  readonly readable: ReadableStream<Uint8Array>;
  /**
   * Of a link in virtual time, in place of `readable`: `take` is called with bytes as they come,
   * before time goes on, and `ended` once, with what was wrong if anything was.
   */
  listen?(take: (bytes: Uint8Array) => void, ended: (error?: Error) => void): void;
  /** Resolves when the bytes are handed over (back-pressure). */
  write(data: Uint8Array): Promise<void>;
  close(): Promise<void>;
}
