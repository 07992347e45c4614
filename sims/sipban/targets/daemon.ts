/**
 * The target "daemon" of the role "sipban": beside a simulated PBX or a capture its guard on virtual
 * time, beside a real one the process itself, in the PBX's namespace.
 */
import { defineTarget, type TargetContext, type Tool } from "hil";
import type { Clock } from "hil/time/mod.ts";
import type { SignalSource } from "hil/trace/mod.ts";
import { pbxLabOf } from "sims/pbx/mod.ts";
import type { DecisionData, SipBan, SipBanOptions } from "../port.ts";
import { configOf, type Texts, textsOf } from "./_options.ts";
import { SipBanProcess } from "./_process.ts";
import { SimSipBan } from "./_sim.ts";

const TOOLS: readonly Tool[] = [
  { command: "/usr/sbin/nft", debianPackage: "nftables", purpose: "bans" },
  { command: "/usr/sbin/iptables", debianPackage: "iptables", purpose: "bans" },
  { command: "/usr/sbin/ipset", debianPackage: "ipset", purpose: "bans" },
  { command: "libpcap.so.0.8", debianPackage: "libpcap0.8", purpose: "captures packets" },
  { command: "curl", debianPackage: "curl", purpose: "reads the daemon's metrics" },
];

export default defineTarget<SipBan>({
  title: "ban daemon beside the scenario's PBX",
  offers: [],
  tools: TOOLS,
  // What it needs beyond that the PBX needs too.
  availability: () => ({ ok: true }),
  async start(context): Promise<SipBan> {
    const one = make(context);
    context.defer("stop sipban", () => one.stop());
    await one.start();
    return one;
  },
});

function make(context: TargetContext): SipBan {
  const { timeline, tempDir } = context;
  const lab = pbxLabOf(timeline);
  const texts: Texts = [
    ...textsOf(context.options as SipBanOptions),
    ["state", `${tempDir}/state.sqlite`],
    ["control", `${tempDir}/control.sock`],
  ];
  if (lab.type !== "real") {
    const decisions = signal(context, lab.clock);
    return new SimSipBan({ lab, config: configOf(texts), decisions });
  }
  const decisions = signal(context, timeline.clock);
  const ports = [...new Set(lab.ports.map(({ port }) => port))].join();
  const said = (text: string) =>
    timeline.record({ type: "log", level: "info", text: `sipban: ${text}` });
  return new SipBanProcess({
    lab,
    texts: [...texts, ["interface", lab.interface], ["ports", ports]],
    decisions,
    said,
  });
}

function signal({ timeline }: TargetContext, clock: Clock): SignalSource<DecisionData> {
  return timeline.signal<DecisionData>("sipban", {
    clock,
    describe: (kind, { host, rule, because }) =>
      `sipban says ${kind} of ${host}: ${rule ?? because ?? ""}`,
  });
}
