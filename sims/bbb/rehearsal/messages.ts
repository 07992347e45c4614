/**
 * What the rehearsal's process and who has started it say to each other: JSON, a line each, on its
 * standard input and output. Bytes are base64 in a wrapping of their own.
 */
import type { BoardOptions, TftpData, TftpOptions } from "../port.ts";

/** What is asked, by name, and what is answered. */
export interface Asked {
  /** Makes the board, without power. Once. */
  board: {
    readonly ask: {
      readonly options: BoardOptions;
      /** UARTs that get a pseudo-terminal. */
      readonly uarts: readonly number[];
      /** Pins that a box is wired to, as Board.pin knows them, or the expander's; in its order. */
      readonly pins: readonly string[];
      /** Of the card in the slot, which is empty until it is written; undefined: none is in. */
      readonly sdBlocks?: number;
      /** As Live has it. */
      readonly speed?: number;
    };
    readonly answer: {
      /** Paths of the terminals, by UART. */
      readonly uarts: Readonly<Record<string, string>>;
      /** Path of the box's terminal. */
      readonly box: string;
      /** The card, while it is not in the slot, and where its multiplexer listens. */
      readonly mux?: { readonly device: string; readonly url: string };
      /** Where the relay listens, that gives the board its power: "http://127.0.0.1:34567". */
      readonly relay: string;
    };
  };
  /** Serves files on the board's network. Once. */
  serve: { readonly ask: { readonly options: TftpOptions }; readonly answer: null };
}

export type Question = {
  readonly [K in keyof Asked]: { readonly id: number; readonly name: K } & Asked[K]["ask"];
}[keyof Asked];

export type Told =
  | { readonly type: "answer"; readonly id: number; readonly answer: Asked[keyof Asked]["answer"] }
  | { readonly type: "refusal"; readonly id: number; readonly why: string }
  /** The boot ROM, of what it made of a device. */
  | { readonly type: "rom"; readonly note: string }
  | { readonly type: "tftp"; readonly kind: string; readonly data: TftpData };

const BYTES = "base64 of bytes";

/** One line, with its end. */
export function format(message: Question | Told): Uint8Array {
  const text = JSON.stringify(
    message,
    (_, value) => value instanceof Uint8Array ? { [BYTES]: value.toBase64() } : value,
  );
  return new TextEncoder().encode(`${text}\n`);
}

/** @throws SyntaxError when it is no message */
export function parse<M extends Question | Told>(line: string): M {
  return JSON.parse(
    line,
    (_, value) => typeof value?.[BYTES] === "string" ? Uint8Array.fromBase64(value[BYTES]) : value,
  );
}

/** The lines of a stream. What is after the last end of a line is none. */
export async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream() as never)) {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    yield* lines;
  }
}
