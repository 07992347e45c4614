/** Commands of a person at a terminal, with history and completion, or of a program by a pipe. */
import { createInterface, type Interface } from "node:readline";
import process from "node:process";
import { print } from "./output.ts";

/** What a line could go on with, as `readline` takes it. */
export type Completer = (line: string) => readonly string[];

export interface CommandInput {
  /** The next line; undefined when there is no more, or Ctrl-C was typed. */
  ask(prompt: string, complete: Completer): Promise<string | undefined>;
  /** Nothing more is asked; whoever waits gets nothing. */
  close(): void;
}

export function commandInput(): CommandInput {
  return Deno.stdin.isTerminal() ? new TerminalInput() : new PipeInput();
}

/** The terminal is its own between two questions, so that Ctrl-C is heard while time passes. */
class TerminalInput implements CommandInput {
  #history: string[] = [];
  /** Typed or pasted before they were asked for. */
  readonly #ahead: string[] = [];
  #asking: Interface | undefined;

  async ask(prompt: string, complete: Completer): Promise<string | undefined> {
    const typed = this.#ahead.shift();
    if (typed !== undefined) {
      print(`${prompt}${typed}`);
      return typed;
    }
    const { promise, resolve } = Promise.withResolvers<string | undefined>();
    const asking = this.#asking = createInterface({
      ...{ input: process.stdin, output: process.stdout, terminal: true },
      history: this.#history,
      completer: (line: string) => [complete(line), line],
    });
    asking.on("history", (history: string[]) => this.#history = [...history]);
    asking.on("SIGINT", () => resolve(undefined));
    asking.on("close", () => resolve(undefined));
    asking.question(prompt, resolve);
    asking.on("line", (line: string) => this.#ahead.push(line));
    const line = await promise;
    asking.close();
    if (line === undefined) print("");
    return line;
  }

  close(): void {
    this.#asking?.close();
  }
}

/** Each command is shown, so that the output tells what it answers. */
class PipeInput implements CommandInput {
  readonly #lines = linesOf(Deno.stdin.readable);
  readonly #closed = Promise.withResolvers<undefined>();

  async ask(prompt: string): Promise<string | undefined> {
    const next = this.#lines.next().then(({ value }) => value ?? undefined);
    const line = await Promise.race([next, this.#closed.promise]);
    if (line !== undefined) print(`${prompt}${line}`);
    return line;
  }

  close(): void {
    this.#closed.resolve(undefined);
  }
}

async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<string, void> {
  let rest = "";
  for await (
    const text of stream.pipeThrough(new TextDecoderStream() as never) as AsyncIterable<string>
  ) {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    yield* lines;
  }
  if (rest) yield rest;
}
