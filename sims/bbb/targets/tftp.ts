/** The target "lan" of the role "tftp": a server on the simulated board's network. */
import { defineTarget, type TargetContext } from "hil";
import { formatPcapng, type Signal } from "hil/trace/mod.ts";
import { Random } from "sims/engine/mod.ts";
import { type Lab, labOf } from "../lab.ts";
import { LAB_ADDRESSES, rootOf, serveLab, tftpHappening, tftpSignal } from "../lab_server.ts";
import { type FrameData, recordFrames } from "../net/mod.ts";
import type { SimulatedNetwork, TftpOptions, TftpServer } from "../port.ts";

export default defineTarget<TftpServer & SimulatedNetwork>({
  title: "TFTP and DHCP server on the simulated board's network",
  offers: ["simulated"],
  deterministic: true,
  availability: () => ({ ok: true }),
  start: (context) => Promise.resolve(start(context)),
});

function start(context: TargetContext): TftpServer & SimulatedNetwork {
  const { timeline, seed } = context;
  const options = context.options as TftpOptions;
  const lab = labOf(timeline);
  const { clock, lan, parts } = lab;
  lan.random = new Random(seed);
  const { board } = clock;
  const requests = tftpSignal(timeline, clock);
  const { host, tftp, dhcp } = serveLab({
    clock: board,
    lan,
    root: rootOf(options),
    onEvent: (event) => {
      const happening = tftpHappening(event);
      if (happening) requests.emit(happening.kind, happening.data);
      board.requestStop();
    },
  });
  parts.push(host, tftp, dhcp);
  const { server, client } = LAB_ADDRESSES;
  return {
    ...{ address: server, clientAddress: client, netmask: host.netmask, requests },
    frames: options.capture ? capture(context, lab) : timeline.signal("lan", { clock }),
    disturb: (faults) => {
      lan.faults = faults;
      lab.past?.changed();
      return Promise.resolve();
    },
  };
}

/** Frames in the trace, and in a file that Wireshark reads. */
function capture(context: TargetContext, { clock, lan }: Lab): Signal<FrameData> {
  const { timeline, attachmentsDir } = context;
  const frames = recordFrames(lan, { timeline, clock });
  timeline.record({ type: "attachment", path: "lan.pcapng", title: "frames on the network" });
  context.defer("write lan.pcapng", () => {
    const packets = frames.occurrences.map(({ t, channel, data }) => {
      const { frame, comment } = data;
      return { t, channel, bytes: Uint8Array.fromBase64(frame), ...(comment && { comment }) };
    });
    return Deno.writeFile(`${attachmentsDir}/lan.pcapng`, formatPcapng(packets));
  });
  return frames;
}
