/**
 * Tells people of a night by programs of theirs: a list of arguments, which no shell looks at. What a
 * program does wrong is told, and changes nothing about the night.
 */
import { dirname, isAbsolute, resolve } from "node:path";
import { cutEnd, oneLine } from "../report/mod.ts";
import { type Duration, seconds, withLimit } from "../time/mod.ts";

export const INPUTS = ["text", "markdown", "html", "json", "mail"] as const;
export const OCCASIONS = ["always", "trouble", "change"] as const;

export interface Notifier {
  /** For messages: "mail". */
  readonly name: string;
  /** A program and its arguments, with {@link PLACEHOLDERS}. */
  readonly command: readonly string[];
  /** What it has on its standard input. "mail": the text with a subject, for sendmail. */
  readonly input: typeof INPUTS[number];
  /** "trouble": not all is well; "change": the exit code is another than the last night's. */
  readonly when: typeof OCCASIONS[number];
  readonly limit: Duration;
}

/** What is told. */
export interface News {
  /** One line of ASCII. */
  readonly subject: string;
  /** What stands on the standard input, by its kind. */
  readonly texts: Readonly<Record<Notifier["input"], string>>;
  /** Absolute paths, by kind: "html", "junit". */
  readonly files: Readonly<Record<"text" | "markdown" | "html" | "json" | "junit", string>>;
  readonly exitCode: number;
  /** Of the last night. */
  readonly before?: number;
}

/** Each becomes what it stands for, wherever it is in an argument. */
export const PLACEHOLDERS = [
  "{subject}",
  "{code}",
  "{text}",
  "{markdown}",
  "{html}",
  "{json}",
  "{junit}",
] as const;

/**
 * Runs all that this news is for, one after another.
 *
 * @param stopped aborts when nobody wants to wait any more
 * @returns a sentence for each that went wrong
 */
export async function notify(
  notifiers: readonly Notifier[],
  news: News,
  { root, stopped, say }: { root: string; stopped: AbortSignal; say: (text: string) => void },
): Promise<string[]> {
  const problems: string[] = [];
  for (const notifier of notifiers.filter((each) => isFor(each, news))) {
    if (stopped.aborted) {
      problems.push(`Cannot notify by "${notifier.name}": the night was ended; send it by hand`);
      continue;
    }
    say(`notifying by ${notifier.name}`);
    const wrong = await notifyBy(notifier, news, { root, stopped });
    if (wrong) {
      const command = JSON.stringify(commandOf(notifier, news));
      problems.push(`Cannot notify by "${notifier.name}": ${wrong}; try it by hand: ${command}`);
    }
  }
  return problems;
}

export function isFor({ when }: Notifier, { exitCode, before }: News): boolean {
  if (when === "always") return true;
  return when === "trouble" ? exitCode !== 0 : exitCode !== before;
}

function commandOf({ command }: Notifier, { subject, exitCode, files }: News): string[] {
  const values: Readonly<Record<string, string>> = { ...files, subject, code: String(exitCode) };
  // At once: what comes for one placeholder may look like another.
  return command.map((word) => word.replace(/\{(\w+)\}/g, (all, name) => values[name] ?? all));
}

/** What went wrong, if anything. */
async function notifyBy(
  notifier: Notifier,
  news: News,
  { root, stopped }: { root: string; stopped: AbortSignal },
): Promise<string | undefined> {
  const [program, ...args] = commandOf(notifier, news);
  let child: Deno.ChildProcess;
  try {
    child = new Deno.Command(program!, {
      args,
      cwd: root,
      env: environment(news),
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
      detached: true, // A group of its own, to be ended with all that it starts.
    }).spawn();
  } catch (error) {
    return error instanceof Deno.errors.NotFound
      ? `there is no program "${program}"`
      : oneLine((error as Error).message);
  }
  const end = () => endGroup(child.pid);
  stopped.addEventListener("abort", end);
  try {
    const work: Promise<[void, Deno.CommandOutput | "late"]> = Promise.all([
      feed(child, news.texts[notifier.input]),
      child.output(),
    ]);
    const output = await withLimit(
      work.then(([, output]) => output),
      notifier.limit,
      () => "late" as const,
    );
    if (stopped.aborted) return "the night was ended";
    if (output === "late") return `it has not ended within ${notifier.limit} and was killed`;
    return outcomeOf(output);
  } finally {
    stopped.removeEventListener("abort", end);
    end(); // What it left running in its group.
  }
}

function outcomeOf({ success, code, signal, stderr, stdout }: Deno.CommandOutput) {
  if (success) return undefined;
  const said = [stderr, stdout].map((bytes) => new TextDecoder().decode(bytes).trim())
    .find((text) => text !== "");
  const how = signal ? `it was killed by ${signal}` : `it ended with code ${code}`;
  return said ? `${how} and said "${cutEnd(oneLine(said), 300)}"` : how;
}

/** A program that does not read its input is no fault. */
async function feed(child: Deno.ChildProcess, text: string): Promise<void> {
  try {
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(text));
    await writer.close();
  } catch { /* It has closed it, or has ended. */ }
}

function endGroup(pid: number): void {
  try {
    Deno.kill(-pid, "SIGKILL");
  } catch { /* It has ended. */ }
}

function environment({ subject, exitCode, files }: News): Record<string, string> {
  const paths = Object.entries(files).map((
    [kind, path],
  ) => [`HIL_NIGHT_${kind.toUpperCase()}`, path]);
  return {
    ...Object.fromEntries(paths),
    HIL_NIGHT_SUBJECT: subject,
    HIL_NIGHT_EXIT_CODE: String(exitCode),
  };
}

/** For `--notify`: a program, or a list in JSON: `["mail", "-s", "{subject}", "lab@example.org"]`. */
export function notifierOf(command: readonly string[], name = command[0]!): Notifier {
  return { name, command, input: "text", when: "always", limit: seconds(60) };
}

/** Posts the summary as JSON; what chat servers show of it is its "text". */
export function webhookOf(url: string): Notifier {
  const headers = ["--header", "Content-Type: application/json"];
  const command = ["curl", "--fail", "--silent", "--show-error", "--max-time", "30", ...headers];
  return {
    name: "webhook",
    command: [...command, "--data-binary", "@-", "--", url],
    input: "json",
    when: "always",
    limit: seconds(40),
  };
}

/** A program that is a path is one from where the file that names it is. */
export function located(command: readonly string[], file: string): string[] {
  const [program = "", ...args] = command;
  const path = program.includes("/") && !isAbsolute(program);
  return [path ? resolve(dirname(file), program) : program, ...args];
}
