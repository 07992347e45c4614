/**
 * The whole ban daemon on a flood: from the failure on the wire to the rule in force, what is lost, what
 * it costs; beside a script on Net::Pcap, and fail2ban on Asterisk's log.
 */
import { labAvailable } from "hil/drivers/lab/mod.ts";
import {
  atLeast,
  atMost,
  type Benchmark,
  type BenchmarkContext,
  type Figure,
  median,
  PeerMissing,
} from "./benchmark.ts";
import { type Contestant, fail2ban, netPcap, sipban as ours } from "./sipban_contestants.ts";
import { BanLab, pause, usageOf } from "./sipban_lab.ts";

export const sipban: Benchmark = {
  name: "sipban",
  title: "bans in a flood, beside a script on Net::Pcap and fail2ban on Asterisk's log",
  conditions:
    "A PBX's link in a lab of namespaces. Refusals (519 bytes) to a million invented hosts flow out " +
    "of it, while attackers guess one after another: from the kernel's time of the eleventh failure " +
    "on the wire to what nft monitor says of the rule. Asterisk's log has each guess at once. All " +
    "on one machine: flood, PBX, attacker, and who bans, which all three do at nice -10",
  run: measure,
};

interface Bans {
  readonly tookMs: readonly number[];
  readonly tries: number;
}

interface Load {
  readonly perSecond: number;
  readonly lostPercent: number;
  readonly usPerPacket: number;
  readonly rssMb: number;
}

type Start = (lab: BanLab, folder: string) => Promise<Contestant>;

const OURS: Start = ({ host }, folder) => ours(host, folder);
const SCRIPT: Start = ({ host }) => netPcap(host);
const FAIL2BAN: Start = ({ host }, folder) => fail2ban(host, folder);
const LOW = 1_000;
const HIGH = 100_000;
/** What the senders of facts/sip.md reached; ours can do several times that. */
const FULL = 186_000;

async function measure(context: BenchmarkContext): Promise<readonly Figure[]> {
  const available = await labAvailable();
  if (!available.ok) throw new Error(`Cannot make a lab: ${available.reason}; ${available.remedy}`);
  const { quick, progress, note } = context;
  const samples = quick ? 5 : 100;
  const timed = (name: string, start: Start, perSecond: number, count: number) => {
    progress(`${name}, ${perSecond} refusals/s`);
    return bansOf(context, start, { perSecond, samples: count });
  };
  const few = quick ? 3 : 20;
  const low = await timed("sipban", OURS, LOW, samples);
  const lowScript = await ifThere(note, () => timed("Net::Pcap", SCRIPT, LOW, samples));
  const lowFail2ban = await ifThere(note, () => timed("fail2ban", FAIL2BAN, LOW, few));
  const high = await timed("sipban", OURS, HIGH, samples);
  const highScript = lowScript && await timed("Net::Pcap", SCRIPT, HIGH, few);
  const loaded = (name: string, start: Start, perSecond?: number) => {
    progress(`${name}, ${perSecond ?? "as many as the sender can"} refusals/s`);
    return loadOf(context, start, perSecond);
  };
  const full = await loaded("sipban", OURS, FULL);
  const fullScript = lowScript && await loaded("Net::Pcap", SCRIPT, FULL);
  const most = await loaded("sipban", OURS);
  const mostScript = lowScript && await loaded("Net::Pcap", SCRIPT);
  const all = { low, lowScript, lowFail2ban, high, highScript };
  for (const [name, bans] of Object.entries(all)) {
    if (!bans) continue;
    const { tookMs, tries } = bans;
    note(`${name}: ${tookMs.length} of ${tries} banned within 5 s, ${spread(tookMs)}`);
  }
  return [...latencies(all), ...fullLoad(full, fullScript), ...overload(most, mostScript)];
}

/** What a peer gives, or undefined when this machine does not have it: then that is said. */
async function ifThere<T>(
  note: (text: string) => void,
  work: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof PeerMissing)) throw error;
    note(error.message);
    return undefined;
  }
}

interface AllBans {
  readonly low: Bans;
  readonly lowScript?: Bans;
  readonly lowFail2ban?: Bans;
  readonly high: Bans;
  readonly highScript?: Bans;
}

function latencies({ low, lowScript, lowFail2ban, high, highScript }: AllBans): Figure[] {
  const middle = ({ tookMs }: Bans) => tookMs.length > 0 ? median(tookMs) : Infinity;
  const late = (bans: Bans) => percentile(bans, 0.99);
  const [ours, tail] = [middle(low), late(high)];
  return [
    {
      what: "eleventh failure to rule, 1,000/s, median",
      unit: "ms",
      ours,
      peer: beside("Net::Pcap", lowScript, middle),
      wanted: atMost(ours, 20, "ms"),
    },
    ...lowFail2ban
      ? [{ what: "the same", unit: "ms", ours, peer: beside("fail2ban", lowFail2ban, middle) }]
      : [],
    {
      what: "100,000/s, 99th percentile",
      unit: "ms",
      ours: tail,
      peer: beside("Net::Pcap", highScript, late),
      wanted: atMost(tail, 80, "ms"),
    },
  ];
}

function beside<T>(name: string, peer: T | undefined, value: (peer: T) => number): Figure["peer"] {
  return peer && { name, value: value(peer) };
}

function rowsOf(ours: Load, script?: Load) {
  return (what: string, unit: string, key: keyof Load, wanted?: Figure["wanted"]): Figure => ({
    ...{ what, unit, ours: ours[key], ...wanted && { wanted } },
    peer: beside("Net::Pcap", script, (load) => load[key]),
  });
}

function fullLoad(ours: Load, script?: Load): Figure[] {
  const row = rowsOf(ours, script);
  const { perSecond, lostPercent, usPerPacket } = ours;
  return [
    row("full load", "/s", "perSecond", atLeast(perSecond, 150_000, "/s")),
    row("lost of it", "%", "lostPercent", atMost(lostPercent, 0, "%")),
    row("CPU, all in", "µs/packet", "usPerPacket", atMost(usPerPacket, 3, "µs")),
  ];
}

/** Beyond what a processor can take: what is lost then is lost by all, and bans go on. */
function overload(ours: Load, script?: Load): Figure[] {
  const row = rowsOf(ours, script);
  return [
    row("all that our sender can", "/s", "perSecond"),
    row("lost of that", "%", "lostPercent"),
    row("memory, a million sources", "MB", "rssMb", atMost(ours.rssMb, 150, "MB")),
  ];
}

async function bansOf(
  { folder }: BenchmarkContext,
  start: Start,
  { perSecond, samples }: { readonly perSecond: number; readonly samples: number },
): Promise<Bans> {
  return await inLab(folder, start, async (lab, contestant) => {
    const flood = lab.flood({ perSecond, seconds: 10 + 6 * samples });
    const tookMs: number[] = [];
    try {
      await pause(1);
      for (let n = 0; n < samples; n++) {
        const took = await lab.attack(contestant);
        if (took !== undefined) tookMs.push(took);
      }
    } finally {
      flood.kill();
      await flood.done;
    }
    return { tookMs, tries: samples };
  });
}

/** @param perSecond as many as the sender can when left out */
async function loadOf(
  { folder, quick }: BenchmarkContext,
  start: Start,
  perSecond?: number,
): Promise<Load> {
  return await inLab(folder, start, async (lab, contestant) => {
    const before = usageOf(contestant.pid);
    const flooded = await lab.flood({ perSecond, seconds: quick ? 3 : 15 }).done;
    if (!flooded) throw new Error("Cannot flood: see what was said above");
    await pause(1);
    const after = usageOf(contestant.pid);
    const { packets, lost } = (await contestant.stop())!;
    return {
      perSecond: flooded.sent / flooded.seconds,
      lostPercent: 100 * Math.max(lost, flooded.sent - packets) / flooded.sent,
      usPerPacket: (after.cpuUs - before.cpuUs) / packets,
      rssMb: after.rssMb,
    };
  });
}

async function inLab<T>(
  parent: string,
  start: Start,
  work: (lab: BanLab, contestant: Contestant) => Promise<T>,
): Promise<T> {
  const folder = await Deno.makeTempDir({ dir: parent });
  const lab = await BanLab.make();
  try {
    const contestant = await start(lab, folder);
    try {
      return await work(lab, contestant);
    } finally {
      await contestant.stop().catch(() => {});
    }
  } finally {
    await lab.close();
  }
}

function percentile({ tookMs, tries }: Bans, share: number): number {
  const sorted = tookMs.toSorted((a, b) => a - b);
  // Who was not banned at all counts as later than all.
  return sorted[Math.ceil(share * tries) - 1] ?? Infinity;
}

function spread(values: readonly number[]): string {
  const sorted = values.toSorted((a, b) => a - b).map((ms) => ms.toFixed(1));
  return `${sorted[0]} to ${sorted.at(-1)} ms, median ${sorted[sorted.length >> 1]}`;
}
