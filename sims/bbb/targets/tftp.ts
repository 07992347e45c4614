/** The target "lan" of the role "tftp": a server on the simulated board's network. */
import { defineTarget, type TargetContext } from "hil";
import { FolderRoot, MemoryRoot, type TftpRoot } from "hil/drivers/tftp/mod.ts";
import { formatPcapng, type Signal } from "hil/trace/mod.ts";
import { Random } from "sims/engine/mod.ts";
import { type Lab, labOf } from "../lab.ts";
import { DhcpService, type FrameData, Host, recordFrames, TftpService } from "../net/mod.ts";
import type { SimulatedNetwork, TftpData, TftpOptions, TftpServer } from "../port.ts";

/** TEST-NET-2 (RFC 5737). */
const SERVER = "198.51.100.1";
const CLIENT = "198.51.100.2";
const POOL = ["198.51.100.100", "198.51.100.199"] as const;
const MAC = "02:00:00:00:00:01";

export default defineTarget<TftpServer & SimulatedNetwork>({
  title: "TFTP and DHCP server on the simulated board's network",
  offers: ["simulated"],
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
  const requests = timeline.signal<TftpData>("tftp", {
    clock,
    describe: (kind, { file, bytes, why }) =>
      `TFTP ${kind} "${file}"${bytes === undefined ? "" : `, ${bytes} bytes`}${
        why ? `: ${why}` : ""
      }`,
  });
  const port = lan.port("server");
  const host = new Host({ name: "server", clock: board, port, mac: MAC, address: SERVER });
  const tftp = new TftpService({
    clock: board,
    host,
    root: rootOf(options),
    onEvent: (event) => {
      const { type, file, direction } = event;
      if (type === "begun") requests.emit(direction, { file });
      if (type === "done") requests.emit("done", { file, bytes: event.bytes });
      if (type === "failed") {
        requests.emit("failed", { file, bytes: event.bytes, why: event.message });
      }
      board.requestStop();
    },
  });
  const dhcp = new DhcpService({ clock: board, host, pool: POOL });
  parts.push(host, tftp, dhcp);
  return {
    ...{ address: SERVER, clientAddress: CLIENT, netmask: host.netmask, requests },
    frames: options.capture ? capture(context, lab) : timeline.signal("lan", { clock }),
    disturb: (faults) => Promise.resolve(void (lan.faults = faults)),
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

/** Files that the scenario gives come before those of the folder. */
function rootOf({ root, files = {} }: TftpOptions): TftpRoot {
  const bytes = Object.entries(files).map(([name, content]) =>
    [name, typeof content === "string" ? new TextEncoder().encode(content) : content] as const
  );
  const memory = new MemoryRoot(Object.fromEntries(bytes), { writable: true });
  if (root === undefined) return memory;
  const folder = new FolderRoot(root);
  return {
    read: (name) =>
      memory.files.has(name.replace(/^\/+/, "")) ? memory.read(name) : folder.read(name),
    write: (name, content) => memory.write(name, content),
    mayWrite: (name) => memory.mayWrite(name),
  };
}
