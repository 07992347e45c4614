/**
 * The targets "asterisk22", "asterisk16" and "chan_sip" of the role "pbx": a real Asterisk in a
 * container, in a network of namespaces.
 */
import { type Availability, defineTarget, seconds, type TargetContext, type Tool } from "hil";
import {
  ContainerError,
  engineAvailable,
  engineTools,
  openEngine,
} from "hil/drivers/container/mod.ts";
import { labAvailable } from "hil/drivers/lab/mod.ts";
import { DebianError } from "sims/bbb/debian/mod.ts";
import { PEER_TOOLS } from "sims/sip/peers/mod.ts";
import { asteriskImage } from "../asterisk/image.ts";
import { startAsterisk, variantOf, versionOf } from "../asterisk/start.ts";
import type { AsteriskPbx } from "../asterisk/pbx.ts";

const TOOLS: readonly Tool[] = [
  { command: "mmdebstrap", debianPackage: "mmdebstrap", purpose: "makes Asterisk's image" },
  { command: "openssl", debianPackage: "openssl", purpose: "makes Asterisk's certificate" },
  { command: "/usr/sbin/ip", debianPackage: "iproute2", purpose: "makes Asterisk's network" },
  { command: "/usr/sbin/nft", debianPackage: "nftables", purpose: "puts phones behind NAT" },
  { command: "libpcap.so.0.8", debianPackage: "libpcap0.8", purpose: "captures packets" },
  // Scenarios have these at its sites.
  ...PEER_TOOLS,
];

export default defineTarget<AsteriskPbx>({
  title: "Asterisk in a container",
  offers: ["phones", "lab", "web"],
  // With an image to import, on a machine that is busy.
  startLimit: seconds(90),
  tools: () => [...engineTools(), ...TOOLS],
  availability: async (options) => {
    variantOf(options);
    const lab = await labAvailable();
    return lab.ok ? await engineAvailable() : lab;
  },
  prepare,
  start: (context: TargetContext) => startAsterisk(context),
});

async function prepare(
  options: Readonly<Record<string, unknown>>,
  progress: (text: string) => void,
): Promise<Availability> {
  try {
    const engine = await openEngine();
    try {
      await engine.removeOrphans();
      if (options.image !== undefined) return { ok: true, versions: { image: `${options.image}` } };
      const image = await asteriskImage(engine, versionOf(variantOf(options)), { progress });
      return { ok: true, versions: { image } };
    } finally {
      engine.close();
    }
  } catch (error) {
    if (!(error instanceof ContainerError || error instanceof DebianError)) throw error;
    const remedy = "run: deno run -A sims/pbx/asterisk/main.ts";
    return { ok: false, reason: error.message, remedy };
  }
}
