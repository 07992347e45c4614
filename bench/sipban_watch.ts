/**
 * Run by sipban_core.ts in a process of its own: a flood's frames through the watcher, from a buffer.
 * Prints CPU microseconds a packet, without making the frames, and the process's memory.
 */
import process from "node:process";
import { LINK } from "hil/drivers/pcap/mod.ts";
import { BanEngine } from "sims/sipban/core/mod.ts";
import { Watcher } from "sims/sipban/watch/mod.ts";
import { FrameSource } from "sims/sip/flood/mod.ts";

const [sources, rounds] = Deno.args.map(Number) as [number, number];
const PBX = "198.51.100.1";
const shape = { pbx: PBX, from: "100.64.0.0", sources, targetMac: "02:00:00:00:00:02", seed: 6 };
const kinds = [
  new FrameSource({ ...shape, kind: "REGISTER" }),
  new FrameSource({ ...shape, kind: "401" }),
];
const frames = kinds.map((kind) => {
  const bytes = new Uint8Array(kind.size);
  kind.fill(bytes);
  return bytes;
});

function cpuUs(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

function run(see: (bytes: Uint8Array, t: number) => void): number {
  const begin = cpuUs();
  for (let i = 0; i < rounds; i++) {
    kinds.forEach((kind, k) => {
      kind.patch(frames[k]!);
      see(frames[k]!, i);
    });
  }
  return cpuUs() - begin;
}

const making = run(() => {});
const watcher = new Watcher(new BanEngine({ own: [PBX] }));
const all = run((bytes, i) =>
  watcher.see({
    linkType: LINK.EN10MB,
    seconds: Math.floor(i / 50_000),
    nanoseconds: 20_000 * (i % 50_000),
    bytes,
    length: bytes.length,
  })
);
const packets = 2 * rounds;
console.log(JSON.stringify({
  usPerPacket: (all - making) / packets,
  rssMb: Deno.memoryUsage().rss / 1e6,
  messages: watcher.counts.messages,
  hosts: watcher.engine.sizes.unproven,
}));
