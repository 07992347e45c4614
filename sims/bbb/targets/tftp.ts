/** The target "lan" of the role "tftp": a server on the simulated board's network. */
import { defineTarget, type TargetContext } from "hil";
import { FolderRoot, MemoryRoot, type TftpRoot } from "hil/drivers/tftp/mod.ts";
import { labOf } from "../lab.ts";
import { DhcpService, Host, TftpService } from "../net/mod.ts";
import type { TftpData, TftpOptions, TftpServer } from "../port.ts";

/** TEST-NET-2 (RFC 5737). */
const SERVER = "198.51.100.1";
const CLIENT = "198.51.100.2";
const POOL = ["198.51.100.100", "198.51.100.199"] as const;
const MAC = "02:00:00:00:00:01";

export default defineTarget<TftpServer>({
  title: "TFTP and DHCP server on the simulated board's network",
  offers: [],
  availability: () => ({ ok: true }),
  start: (context) => Promise.resolve(start(context)),
});

function start({ timeline, options }: TargetContext): TftpServer {
  const { clock, lan, parts } = labOf(timeline);
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
    root: rootOf(options as TftpOptions),
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
  return { address: SERVER, clientAddress: CLIENT, netmask: host.netmask, requests };
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
