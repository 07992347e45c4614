/**
 * Noise: what differs between two runs of one scenario without meaning anything. Each rule has a
 * name, so that a person can see what was ignored, keep it, or add one.
 */
import type { Json } from "../../trace/mod.ts";
import { SECRETS } from "../redact/secrets.ts";

/** One kind of noise; at least one of `match`, `fields` and `channels` says where it is. */
export interface NoiseRule {
  readonly name: string;
  /** What it takes for noise, for `hil diff --help`. */
  readonly help: string;
  /** In texts; global, and without groups that matter. */
  readonly match?: RegExp;
  /** Names of fields of a signal's data: their values are noise. */
  readonly fields?: RegExp;
  /** All that is on these channels. */
  readonly channels?: RegExp;
  /** What stands in for a match; default `<name>`. */
  readonly by?: string;
  /** Only with `--ignore NAME`. */
  readonly optional?: true;
}

/** Names of rules that the comparison itself knows. */
export const ORDER = "order", TIMES = "times", ADDRESSES = "addresses", MEASURED = "measured";
export const ENDING = "ending", CHANNELS = "channels", PACE = "pace", PEER_PORTS = "peer-ports";

const MONTH = "(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)";
const CLOCK = String.raw`\d{1,2}:\d\d:\d\d(?:[.,]\d+)?`;

const IPV4 = String.raw`(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.]*\d)`;
const MAC = "(?<![0-9a-f:])(?:[0-9a-f]{2}[:-]){5}[0-9a-f]{2}(?![0-9a-f:])";
/** Two groups at least and "::", or eight groups: "10:20:30" is a time. */
const IPV6 = "(?<![0-9a-z:])(?:(?:[0-9a-f]{1,4}:){7}[0-9a-f]{1,4}|" +
  "(?:[0-9a-f]{1,4}:){1,6}(?::[0-9a-f]{1,4}){1,6}|::[0-9a-f]{1,4}|[0-9a-f]{1,4}::)(?![0-9a-z:])";

/** Network addresses in a text. */
export const ADDRESS = new RegExp(`${IPV4}|${MAC}|${IPV6}`, "gi");

/** In the order in which they are applied: dates before the clock times and numbers in them. */
export const NOISE: readonly NoiseRule[] = [
  {
    name: "colours",
    help: "escape sequences of terminals",
    // deno-lint-ignore no-control-regex
    match: /\x1b\[[0-?]*[ -/]*[@-~]|\x1b[@-Z\\^_]/g,
    by: "",
  },
  {
    name: TIMES,
    help: "when things happened, dates, clock times, durations",
    match: new RegExp(
      String.raw`\d{4}-\d\d-\d\d(?:[T ]${CLOCK}(?:Z|[+-]\d\d:?\d\d)?)?|` +
        String.raw`(?:[A-Z][a-z]{2}, )?\d{1,2} ${MONTH} \d{4} ${CLOCK}(?: GMT| UTC)?|` +
        String.raw`${MONTH} +\d{1,2} ${CLOCK}(?: \d{4})?|\[ *\d+\.\d{3,9}\]|(?<!\d)${CLOCK}|` +
        String.raw`(?<![\d.])1[5-9]\d{8}(?:\.\d+|\d{3})?(?![\d.]*\d)|` +
        String.raw`"\w*(?:Ms|Ns|Us)": ?\d+(?:\.\d+)?|` +
        String.raw`(?<![\w.])\d+(?:\.\d+)? ?(?:ns|us|µs|ms|s|secs?|seconds?|min)\b`,
      "g",
    ),
    fields: /^(at|date|time|timestamp|elapsed|uptime|age|expires)$|(Ms|Ns|Us|Time|Timestamp)$/,
  },
  {
    name: "ids",
    help: "identifiers that a run makes up: UUIDs, SIP tags, branches and Call-IDs, nonces",
    match: new RegExp(
      [
        "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
        String.raw`\b(?:branch|tag|icid-value)=[^;,\s>"]+`,
        String.raw`\b(?:call-id|i): *\S+`,
        String.raw`\bc?seq: *\d+`,
        // What SDP offers (RFC 8866, RFC 8839).
        String.raw`^a=(?:ice-ufrag|ice-pwd|fingerprint|ssrc|candidate|msid|rtcp)[^\r\n]*`,
        String.raw`^o=\S+ \d+ \d+`,
        String.raw`\bsec-websocket-(?:key|accept): *\S+`,
        String.raw`\b(?:c?nonce|opaque|response)="?[^",\s]*"?`,
        String.raw`\b(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{12,}\b`,
      ].join("|"),
      "gim",
    ),
    fields: /^(id|uuid|callId|branch|tag|nonce|cnonce|cseq|opaque|uniqueId|container|\w+Id)$/,
  },
  {
    name: PEER_PORTS,
    help: "any port behind an address: two networks give out their own",
    match: /(?<=\b(?:\d{1,3}\.){3}\d{1,3}|\]):\d{1,5}\b/g,
    by: "",
    optional: true,
  },
  {
    name: ADDRESSES,
    help: "network addresses that only one of the two traces knows",
  },
  {
    name: "pointers",
    help: "addresses of a 64-bit process: 0x7ffd1c2b3a40",
    match: /\b0x[0-9a-f]{9,16}\b/gi,
  },
  {
    name: "ports",
    help: "ports that a system gives out: 32768 and above",
    match:
      /(?<=:|\bport[ =:]{1,2})(?:3276[89]|327[7-9]\d|32[89]\d\d|3[3-9]\d{3}|[45]\d{4}|6[0-5]\d{3})\b/gi,
    fields: /^(ephemeral|local|source)?port$/i,
  },
  {
    name: "pids",
    help: "numbers of processes and threads",
    match: /\b(?:pid|tid|process|thread)[ =:#]{1,2}\d+|(?<=\b[A-Za-z][\w.-]*)\[\d+\]/gi,
    fields: /^(pid|tid|ppid|thread)$/i,
  },
  {
    name: "paths",
    help: "temporary files and the folders of runs",
    match:
      /\/(?:tmp|run|var\/tmp)\/[^\s"',;:)]+|\breports\/runs\/[\w-]+|\bhil-[\w-]+-[A-Za-z0-9]{6,}\b/g,
  },
  { name: MEASURED, help: "measured values; their verdicts count" },
  {
    name: ORDER,
    help: "the order of what different peers, users or connections do; with --ignore: any order",
  },
  {
    name: ENDING,
    help: "what only one trace has after all that its scenario did, where both ended the same",
  },
  {
    name: CHANNELS,
    help: "channels and fields that only one of two different targets has, where they are aligned",
  },
  {
    name: "secrets",
    help: "passwords and tokens, also as `hil redact` replaced them",
    match: new RegExp(SECRETS.flatMap(({ match }) => match?.source ?? []).join("|"), "gi"),
    fields: new RegExp(SECRETS.flatMap(({ fields }) => fields?.source ?? []).join("|"), "i"),
    optional: true,
  },
  {
    name: PACE,
    help: "how often threads were switched, and ticks: a slower target has more of them",
    fields: /^(switches|preemptions|ticks)$/,
    optional: true,
  },
  {
    name: "numbers",
    help: "any number",
    match: /-?\b\d+(?:\.\d+)?\b/g,
    optional: true,
  },
];

/** Fields that tell with whom something was done: order between two of them means nothing. */
export const CONVERSATION =
  /^(peer|callId|user|address|connection|client|host|stream|session|socket|other)$/;

export interface NoiseOptions {
  /** Names of rules that do not count, and of optional ones that do. */
  readonly keep?: readonly string[];
  readonly ignore?: readonly string[];
  /** Own rules, applied before the built-in ones. */
  readonly rules?: readonly NoiseRule[];
}

/** Makes texts comparable: what is noise gives way to the name of its rule. */
export class Normaliser {
  readonly rules: readonly NoiseRule[];
  readonly #names: ReadonlySet<string>;
  readonly #everyOrder: boolean;
  /** How many times each rule stood in for something in what differed. */
  readonly hits = new Map<string, number>();
  /** Addresses that both traces know. */
  known: ReadonlySet<string> = new Set();

  constructor({ keep = [], ignore = [], rules = [] }: NoiseOptions = {}) {
    this.rules = [...rules, ...NOISE].filter(({ name, optional }) =>
      !keep.includes(name) && (!optional || ignore.includes(name))
    );
    this.#names = new Set(this.rules.map(({ name }) => name));
    this.#everyOrder = ignore.includes(ORDER) && this.#names.has(ORDER);
  }

  has(rule: string): boolean {
    return this.#names.has(rule);
  }

  /** Whether order means nothing, there or anywhere. */
  anyOrder(conversation: boolean): boolean {
    return this.#everyOrder || (conversation && this.#names.has(ORDER));
  }

  ignoresChannel(channel: string): boolean {
    return this.rules.some(({ channels }) => channels?.test(channel));
  }

  text(text: string): string {
    let out = text;
    for (const { name, match, by } of this.rules) {
      if (name === ADDRESSES) out = this.#addresses(out);
      if (!match) continue;
      let hits = 0;
      const stand = by ?? `<${name}>`;
      out = out.replace(match, () => (hits++, stand));
      if (hits > 0) this.#count(name, hits);
    }
    return out;
  }

  /** Of a signal's data, as text; keys are in order, so that their order means nothing. */
  data(value: Json | undefined): string {
    if (value === undefined) return "";
    if (typeof value === "string") return this.text(value);
    if (typeof value !== "object" || value === null) return this.text(JSON.stringify(value));
    if (Array.isArray(value)) return `[${value.map((item) => this.data(item)).join()}]`;
    const fields = value as { readonly [name: string]: Json };
    return `{${Object.keys(fields).sort().map((key) => this.#field(key, fields[key]!)).join()}}`;
  }

  #field(key: string, value: Json): string {
    const rule = this.rules.find(({ fields }) => fields?.test(key));
    if (rule && (typeof value !== "object" || value === null)) {
      this.#count(rule.name, 1);
      return `${key}:<${rule.name}>`;
    }
    return `${this.text(key)}:${this.data(value)}`;
  }

  #addresses(text: string): string {
    return text.replace(ADDRESS, (address) => {
      if (this.known.has(address)) return address;
      this.#count(ADDRESSES, 1);
      return `<${ADDRESSES}>`;
    });
  }

  #count(name: string, hits: number): void {
    this.hits.set(name, (this.hits.get(name) ?? 0) + hits);
  }
}
