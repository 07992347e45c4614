/** `redactTrace`: a copy of a trace, and of the files beside it, without what is secret. */
import { type Json, readTrace, type Trace, type TraceEvent } from "../../trace/mod.ts";
import { type TraceHeader, TraceWriter } from "../../trace/mod.ts";
import { redactFile, type Treatment } from "./attachments.ts";
import { redactFrame } from "./packets.ts";
import { fromLatin1, Redactor, spellings } from "./redactor.ts";
import type { SecretRule } from "./secrets.ts";
import { StreamLearner, StreamRedactor } from "./streams.ts";

export interface RedactOptions {
  readonly rules?: readonly SecretRule[];
  /** Copies files that cannot be searched, as they are. */
  readonly keepClosed?: boolean;
  /** Ends it; nothing of the copy is left then. */
  readonly signal?: AbortSignal;
}

export interface Redaction {
  readonly events: number;
  /** Rule to how many times it replaced something; "addresses" among them. */
  readonly counts: ReadonlyMap<string, number>;
  /** Distinct values that were replaced. */
  readonly values: number;
  readonly attachments: readonly {
    readonly path: string;
    readonly treatment: Treatment | "missing";
  }[];
  /** Damage of the trace; damaged lines are not in the copy. */
  readonly problems: readonly string[];
}

/** Thrown when the copy cannot be made; nothing of it is left then. */
export class RedactError extends Error {
  override readonly name = "RedactError";

  constructor(path: string, what: string, options?: ErrorOptions) {
    super(`Cannot redact the trace "${path}": ${what}`, options);
  }
}

/** Events that wait for one whose line is not whole. */
const MOST_WAITING = 20_000;
/** A larger attachment is left out: it is searched in memory. */
const LARGEST_FILE = 256 * 1024 * 1024;

/**
 * Writes the copy to `to`, a new file in a folder of its own, which is made when missing. The trace
 * is read twice, a piece at a time; the original is never written.
 *
 * @throws TraceReadError when the trace cannot be read
 * @throws RedactError when the copy cannot be made, or still has a secret
 * @throws the reason of the signal when that aborts
 */
export async function redactTrace(
  from: string,
  to: string,
  options: RedactOptions = {},
): Promise<Redaction> {
  const trace = await readTrace(from);
  const [source, target] = [folderOf(from), folderOf(to)];
  await checkPlace(from, to);
  const redactor = new Redactor(options.rules);
  const attachments = await learn(trace, redactor, source, options.signal);
  const made: Made = { all: [], searched: [] };
  try {
    const events = await write(trace, to, { redactor, made, signal: options.signal });
    const treated: { path: string; treatment: Treatment | "missing" }[] = [];
    for (const path of attachments) {
      options.signal?.throwIfAborted();
      const treatment = await copy(`${source}/${path}`, `${target}/${path}`, {
        redactor,
        options,
        made,
      });
      treated.push({ path, treatment });
    }
    const { scenario, file, bench } = trace.header;
    const kept = [scenario, file, bench].map((name) => fromLatin1(utf8(JSON.stringify(name))));
    for (const path of made.searched) {
      await check(path, from, { redactor, kept, signal: options.signal });
    }
    const counts = new Map(redactor.counts);
    if (redactor.addresses.count > 0) counts.set("addresses", redactor.addresses.count);
    const problems = trace.problems.map(({ message }) => message);
    return { events, counts, values: redactor.values, attachments: treated, problems };
  } catch (error) {
    for (const path of made.all) await Deno.remove(path).catch(() => {});
    throw error;
  }
}

/** Files of the copy. */
interface Made {
  readonly all: string[];
  /** In which no secret may be found. */
  readonly searched: string[];
}

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

async function checkPlace(from: string, to: string): Promise<void> {
  try {
    const there = await Deno.realPath(folderOf(to));
    if (there === await Deno.realPath(folderOf(from))) {
      throw new RedactError(from, "the copy would be beside it; give another folder by --out");
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  const exists = await Deno.lstat(to).then(() => true, () => false);
  if (exists) throw new RedactError(from, `there is a "${to}" already; give another --out`);
}

/** Learns all secrets; gives the files beside the trace. */
async function learn(
  trace: Trace,
  redactor: Redactor,
  folder: string,
  signal?: AbortSignal,
): Promise<string[]> {
  const streams = new StreamLearner(redactor);
  const paths = new Set<string>();
  const { scenario: _, file: __, ...told } = trace.header;
  redactor.learnData(told as unknown as Json);
  const { host } = trace.header.environment;
  if (typeof host === "string" && host !== "localhost") redactor.learnValue(host, "hosts");
  for await (const event of trace) {
    signal?.throwIfAborted();
    if (event.type === "bytes") streams.push(event);
    else {
      redactor.learnData(event as unknown as Json);
      redactor.learnData(ofProperty(event));
      const frame = frameOf(event);
      if (frame) redactor.learnBytes(fromLatin1(frame.bytes));
    }
    if (event.type === "attachment" && isPlain(event.path)) paths.add(event.path);
  }
  streams.end();
  for (const path of paths) {
    const file = await readFile(`${folder}/${path}`);
    if (file && file !== "large") redactor.learnBytes(fromLatin1(file));
  }
  return [...paths];
}

/** No path that leads out of the folder. */
function isPlain(path: string): boolean {
  return path !== "" && !path.startsWith("/") && !path.split("/").includes("..");
}

async function readFile(path: string): Promise<Uint8Array | "large" | undefined> {
  try {
    return (await Deno.stat(path)).size > LARGEST_FILE ? "large" : await Deno.readFile(path);
  } catch {
    return undefined;
  }
}

async function write(
  trace: Trace,
  to: string,
  { redactor, made, signal }: {
    readonly redactor: Redactor;
    readonly made: Made;
    readonly signal: AbortSignal | undefined;
  },
): Promise<number> {
  const header = redactHeader(trace.header, redactor);
  const redacted = redactor.secrets.length; // For who compares it with values that are no secrets to him.
  made.all.push(to); // On a full disk it is made, and stays empty.
  made.searched.push(to);
  const writer = TraceWriter.create(to, {
    ...header,
    environment: { ...header.environment, redacted },
  });
  const streams = new StreamRedactor(redactor);
  /** In their order; those whose line is not whole yet have no event. */
  const queue = new Set<{ event?: TraceEvent }>();
  let events = 0;
  const letGo = () => {
    for (const slot of queue) {
      if (!slot.event) break;
      writer.write(slot.event);
      queue.delete(slot);
    }
  };
  try {
    for await (const event of trace) {
      signal?.throwIfAborted();
      events++;
      const slot: { event?: TraceEvent } = {};
      queue.add(slot);
      if (event.type === "bytes") streams.push(event, (done) => void (slot.event = done));
      else slot.event = redactEvent(event, redactor);
      if (queue.size > MOST_WAITING) streams.flush();
      letGo();
    }
    streams.flush();
    letGo();
  } finally {
    writer.close();
  }
  return events;
}

/** What finds the scenario and its targets again stays: it is in their source, and not of a run. */
function redactHeader(header: TraceHeader, redactor: Redactor): TraceHeader {
  const { scenario, file, bench } = header;
  const redacted = redactor.data(header as unknown as Json) as unknown as TraceHeader;
  const uses = Object.entries(header.uses ?? {}).map(([name, { role, requires, options }]) => [
    name,
    { role, requires, options: redactor.data(options) },
  ]);
  return {
    ...redacted,
    ...{ scenario, file, bench },
    ...(header.uses && { uses: Object.fromEntries(uses) }),
  };
}

function redactEvent(event: TraceEvent, redactor: Redactor): TraceEvent {
  const property = redactor.data(ofProperty(event));
  if (property) return withProperty(event, property, redactor);
  const frame = frameOf(event);
  if (!frame || event.type !== "signal") {
    return redactor.data(event as unknown as Json) as unknown as TraceEvent;
  }
  const { frame: _, ...rest } = event.data as { readonly [key: string]: Json };
  const out = redactFrame(frame.bytes, frame.linkType, redactor).toBase64();
  const body = redactor.data({ ...event, data: rest } as unknown as Json) as unknown as TraceEvent;
  return { ...body, data: { frame: out, ...(body as { data: object }).data } } as TraceEvent;
}

type Property = { readonly [name: string]: Json };

/** A property that was read or set, as a field: its name may say that it is secret. */
function ofProperty(event: TraceEvent): Property | undefined {
  if (event.type === "get" && event.value !== undefined) return { [event.name]: event.value };
  if (event.type !== "call" || !event.method.endsWith("=") || event.args.length !== 1) return;
  return { [event.method.slice(0, -1)]: event.args[0]! };
}

/** The names of properties are of a program, and stay. */
function withProperty(event: TraceEvent, property: Property, redactor: Redactor): TraceEvent {
  const [value] = Object.values(property);
  if (event.type === "get") return { ...event, on: redactor.text(event.on), value };
  return { ...event, args: [value!] } as TraceEvent;
}

function frameOf(event: TraceEvent): { bytes: Uint8Array; linkType: number } | undefined {
  if (event.type !== "signal" || typeof event.data !== "object" || event.data === null) return;
  const { frame, linkType = 1 } = event.data as { frame?: unknown; linkType?: number };
  if (typeof frame !== "string") return;
  try {
    return { bytes: Uint8Array.fromBase64(frame), linkType };
  } catch {
    return undefined;
  }
}

async function copy(
  from: string,
  to: string,
  { redactor, options, made }: {
    readonly redactor: Redactor;
    readonly options: RedactOptions;
    readonly made: Made;
  },
): Promise<Treatment | "missing"> {
  const file = await readFile(from);
  if (!file) return "missing";
  const { treatment, bytes } = file === "large"
    ? { treatment: "left out" as const, bytes: undefined }
    : redactFile(file, redactor);
  if (!bytes && !options.keepClosed) return treatment;
  await Deno.mkdir(folderOf(to), { recursive: true });
  if (bytes) {
    await Deno.writeFile(to, bytes, { createNew: true });
    made.searched.push(to);
  } else await Deno.copyFile(from, to);
  made.all.push(to);
  return treatment;
}

/** Reads what was written, for what may not be in it: a mistake of ours must not get out. */
async function check(
  path: string,
  from: string,
  { redactor, kept, signal }: {
    readonly redactor: Redactor;
    /** What stays, though a secret may be a word of it. */
    readonly kept: readonly string[];
    readonly signal: AbortSignal | undefined;
  },
): Promise<void> {
  const { secrets } = redactor;
  if (secrets.length === 0) return;
  const needles = secrets.flatMap((secret) => spellings(secret).filter(({ length }) => length > 4));
  const longest = Math.max(...needles.map(({ length }) => length));
  using file = await Deno.open(path);
  const chunk = new Uint8Array(1024 * 1024);
  let before = "";
  for (let count; (count = await file.read(chunk)) !== null;) {
    signal?.throwIfAborted();
    let text = before + fromLatin1(chunk.subarray(0, count));
    for (const name of kept) text = text.replaceAll(name, "");
    if (needles.some((needle) => text.includes(needle))) {
      throw new RedactError(from, "a secret was found in the copy, which was removed; report this");
    }
    before = text.slice(-longest);
  }
}

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/") + 1) || ".";
}
