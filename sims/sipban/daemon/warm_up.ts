/**
 * Runs what a flood runs, before there is one: in its first second Deno has not compiled it yet and is
 * ten times as slow, and a flood that meets it then is lost in part. Some 0.2 s of work.
 */
import { LINK } from "hil/drivers/pcap/mod.ts";
import { FrameSource } from "sims/sip/flood/frames.ts";
import { BanEngine } from "../core/mod.ts";
import { Watcher } from "../watch/mod.ts";

const PBX = "198.51.100.1";
const ROUNDS = 20_000;

/** Decides nothing for anybody: engine and messages are its own. */
export function warmUp(): number {
  const engine = new BanEngine({ own: [PBX], maxHosts: 1000, maxTransactions: 1000 });
  const watcher = new Watcher(engine);
  const shape = { pbx: PBX, from: "100.64.0.0", sources: 2000, targetMac: "02:00:00:00:00:02" };
  const kinds = (["REGISTER", "401", "INVITE", "403"] as const).map((kind) =>
    new FrameSource({ ...shape, kind })
  );
  const frames = kinds.map((kind) => {
    const frame = new Uint8Array(kind.size);
    kind.fill(frame);
    return frame;
  });
  for (let n = 0; n < ROUNDS; n++) {
    const which = n % kinds.length;
    const bytes = frames[which]!;
    kinds[which]!.patch(bytes);
    watcher.see({
      ...{ linkType: LINK.EN10MB, bytes, length: bytes.length },
      ...{ seconds: Math.floor(n / 100), nanoseconds: 0 },
    });
  }
  return watcher.counts.messages;
}
