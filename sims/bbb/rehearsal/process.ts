/** The process of a rehearsal, from the side that has started it. */
import { fileURLToPath } from "node:url";
import type { TargetContext } from "hil";
import { seconds, withLimit } from "hil/time/mod.ts";
import type { Timeline } from "hil/trace/mod.ts";
import { type Asked, format, linesOf, parse, type Question, type Told } from "./messages.ts";

const MAIN = fileURLToPath(new URL("main.ts", import.meta.url));
const PERMISSIONS = [
  ...["--allow-read", "--allow-env", "--allow-ffi", "--allow-net=127.0.0.1"],
];
/** How long it may take to take its terminals away when it is told to end. */
const END_LIMIT = seconds(5);
/** Most of its standard error that a message shows. */
const LAST_LINES = 12;

const rehearsals = new WeakMap<Timeline, RehearsalProcess>();

/** The rehearsal of a scenario: the first target that asks starts it. */
export function rehearsalOf(context: TargetContext): RehearsalProcess {
  const { timeline, processEnv, tempDir, defer } = context;
  const known = rehearsals.get(timeline);
  if (known) return known;
  const process = new RehearsalProcess(processEnv, tempDir);
  defer("end the rehearsal", () => process.close());
  process.onLost = (error) => timeline.fail(error);
  rehearsals.set(timeline, process);
  return process;
}

interface Pending {
  resolve(answer: never): void;
  reject(error: Error): void;
}

export class RehearsalProcess {
  onRom: (note: string) => void = () => {};
  onTftp: (happening: Extract<Told, { type: "tftp" }>) => void = () => {};
  /** It has ended and was not told to. */
  onLost: (error: Error) => void = () => {};
  readonly #child: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #pending = new Map<number, Pending>();
  readonly #read: Promise<void>;
  #lastWords: string[] = [];
  #asked = 0;
  #closing: Promise<void> | undefined;

  /** @param folder where it may put the card while that is not in the slot */
  constructor(env: Readonly<Record<string, string>>, folder: string) {
    this.#child = new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "--quiet",
        "--no-prompt",
        "--no-check",
        ...PERMISSIONS,
        `--allow-write=${folder}`,
        MAIN,
        folder,
      ],
      env: { ...env },
      ...{ stdin: "piped", stdout: "piped", stderr: "piped" },
    }).spawn();
    this.#input = this.#child.stdin.getWriter();
    this.#read = this.#listen();
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** @throws Error with what it says against it, or when it has ended */
  ask<K extends keyof Asked>(name: K, ask: Asked[K]["ask"]): Promise<Asked[K]["answer"]> {
    const id = ++this.#asked;
    const { promise, resolve, reject } = Promise.withResolvers<Asked[K]["answer"]>();
    this.#pending.set(id, { resolve, reject });
    // It ends when the process does, which rejects all who wait.
    this.#input.write(format({ id, name, ...ask } as Question)).catch(() => {});
    return promise;
  }

  /** Tells it to end, and sees it gone. */
  close(): Promise<void> {
    return this.#closing ??= this.#close();
  }

  async #close(): Promise<void> {
    await this.#input.close().catch(() => {});
    await withLimit(this.#child.status.then(() => {}), END_LIMIT, () => {
      this.#child.kill("SIGKILL");
    });
    await this.#child.status;
    await this.#read;
  }

  async #listen(): Promise<void> {
    const words = this.#hearWords();
    for await (const line of linesOf(this.#child.stdout)) this.#take(parse<Told>(line));
    const { code, signal } = await this.#child.status;
    await words;
    const how = signal ? `was ended by ${signal}` : `ended with exit code ${code}`;
    const said = this.#lastWords.map((line) => `\n  ${line}`).join("");
    const error = new Error(
      `Cannot go on with the rehearsal: its process ${how}; it said:${said || " nothing"}`,
    );
    for (const { reject } of this.#pending.values()) reject(error);
    this.#pending.clear();
    if (!this.#closing) this.onLost(error);
  }

  async #hearWords(): Promise<void> {
    for await (const line of linesOf(this.#child.stderr)) {
      this.#lastWords = [...this.#lastWords, line].slice(-LAST_LINES);
    }
  }

  #take(told: Told): void {
    if (told.type === "rom") return this.onRom(told.note);
    if (told.type === "tftp") return this.onTftp(told);
    const pending = this.#pending.get(told.id);
    this.#pending.delete(told.id);
    if (told.type === "answer") pending?.resolve(told.answer as never);
    else pending?.reject(new Error(`Cannot do that in the rehearsal: ${told.why}`));
  }
}
