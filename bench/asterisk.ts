/** A real Asterisk in its network: how long until it answers a phone. */
import { HostClock } from "hil/drivers/host_clock.ts";
import { labAvailable } from "hil/drivers/lab/mod.ts";
import { hostNow } from "hil/time/mod.ts";
import { Timeline } from "hil/trace/mod.ts";
import type { TargetContext } from "hil";
import { startAsterisk } from "sims/pbx/asterisk/start.ts";
import { alternate, atMost, type Benchmark, type BenchmarkContext } from "./benchmark.ts";

export const asterisk: Benchmark = {
  name: "asterisk",
  title: "a network and an Asterisk in a container, until a phone is registered",
  conditions:
    "The images are built. From nothing to the 200 for a phone's REGISTER: namespaces, container, " +
    "Asterisk, capture and management connection",
  async run(context) {
    const available = await labAvailable();
    if (!available.ok) {
      throw new Error(`Cannot make a lab: ${available.reason}; ${available.remedy}`);
    }
    const { asterisk22, chan_sip } = await alternate(context.quick ? 1 : 5, {
      asterisk22: () => registeredMs(context, "asterisk22"),
      chan_sip: () => registeredMs(context, "chan_sip"),
    });
    const wanted = (value: number) => atMost(value, 3000, "ms");
    return [
      { what: "PJSIP, 22", unit: "ms", ours: asterisk22, wanted: wanted(asterisk22) },
      { what: "chan_sip, 16", unit: "ms", ours: chan_sip, wanted: wanted(chan_sip) },
    ];
  },
};

async function registeredMs(
  { folder, progress }: BenchmarkContext,
  variant: "asterisk22" | "chan_sip",
): Promise<number> {
  progress(variant);
  const timeline = new Timeline({ write() {} });
  timeline.clock = new HostClock(timeline);
  const tempDir = await Deno.makeTempDir({ dir: folder });
  const undo: (() => void | Promise<void>)[] = [];
  const context: TargetContext = {
    ...{ role: "pbx", target: variant, options: { variant }, seed: 1, timeline },
    ...{ tempDir, attachmentsDir: tempDir, processEnv: {}, signal: new AbortController().signal },
    defer: (_, work) => void undo.push(work),
  };
  const begun = hostNow();
  try {
    const pbx = await startAsterisk(context);
    const phone = await (await pbx.site("home")).phone("1001");
    const { status } = await phone.register();
    if (status !== 200) throw new Error(`Cannot register with ${variant}: it answers ${status}`);
    return (hostNow() - begun) / 1e6;
  } finally {
    for (const work of undo.toReversed()) await work();
  }
}
