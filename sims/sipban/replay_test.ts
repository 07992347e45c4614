import assert from "node:assert/strict";
import { type CapturedPacket, LINK } from "hil/drivers/pcap/mod.ts";
import { BanEngine, type Decision } from "./core/mod.ts";
import { replay } from "./replay.ts";
import { framed, Lan } from "./watch/_lan.ts";
import { Watcher } from "./watch/mod.ts";

const SETTINGS = { own: ["198.51.100.1"], banS: 60, maxHosts: 1000, maxTransactions: 1000 };
/** 2026-11-25: times are as large as live ones. */
const BEGIN = 1_795_600_000;

function attack(rounds: number): CapturedPacket[] {
  const lan = new Lan({
    host: "203.0.113.66",
    pbx: SETTINGS.own[0]!,
    shape: framed["TCP, cut"]!,
  });
  return Array.from(
    { length: rounds },
    (_, n) => lan.guess(n + 1).map((packet) => ({ ...packet, seconds: BEGIN + 10 * n })),
  ).flat();
}

/** A pcap file with times in nanoseconds. */
function pcap(packets: readonly CapturedPacket[]): Uint8Array {
  const words = (...values: number[]) => new Uint8Array(Uint32Array.from(values).buffer);
  const head = words(0xa1b23c4d, 0x0004_0002, 0, 0, 65_535, LINK.EN10MB);
  const parts = packets.flatMap(({ seconds, nanoseconds, bytes, length }) => [
    words(seconds, nanoseconds, bytes.length, length),
    bytes,
  ]);
  return Uint8Array.from([head, ...parts].flatMap((part) => [...part]));
}

function all(file: Uint8Array, restS = 0) {
  const decisions: Decision[] = [];
  const played = replay(file, { settings: SETTINGS, restS });
  for (let next = played.next();; next = played.next()) {
    if (next.done) return { decisions, ...next.value };
    decisions.push(next.value);
  }
}

Deno.test("a replay gives the verdicts of the live watch, at the capture's times", () => {
  const packets = attack(20);
  const engine = new BanEngine(SETTINGS);
  const watcher = new Watcher(engine);
  const live: Decision[] = [];
  for (const packet of packets) {
    // Live, a timer has the engine do what is due, and not only packets.
    const t = packet.seconds * 1e9 + packet.nanoseconds;
    while (engine.nextNs() <= t) live.push(...watcher.tick(engine.nextNs()));
    live.push(...watcher.see(packet));
  }
  const { decisions, counts, firstNs, lastNs } = all(pcap(packets));
  assert.deepEqual(decisions, live);
  assert.deepEqual(decisions.map(({ type }) => type), ["ban", "unban"]);
  const [ban, unban] = decisions;
  assert.ok(ban!.t >= (BEGIN + 100) * 1e9 && ban!.t < (BEGIN + 110) * 1e9);
  assert.equal(unban!.t - ban!.t, 60e9);
  assert.equal(counts.packets, packets.length);
  assert.ok(firstNs >= BEGIN * 1e9 && lastNs >= (BEGIN + 190) * 1e9);
});

Deno.test("it goes on after the last packet for as long as is asked", () => {
  const file = pcap(attack(11));
  assert.deepEqual(all(file).decisions.map(({ type }) => type), ["ban"]);
  assert.deepEqual(all(file, 60).decisions.map(({ type }) => type), ["ban", "unban"]);
});

Deno.test("what was decided before a file breaks off is given", () => {
  const file = pcap(attack(11));
  const decisions: Decision[] = [];
  const broken = Uint8Array.of(...file, 1, 2, 3);
  assert.throws(() => {
    for (const decision of replay(broken, { settings: SETTINGS })) decisions.push(decision);
  }, { name: "CaptureFileError" });
  assert.deepEqual(decisions.map(({ type }) => type), ["ban"]);
});
