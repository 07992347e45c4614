/** The server on the simulated board's network: TFTP, DHCP and ping. */
import { FolderRoot, MemoryRoot, type TftpEvent, type TftpRoot } from "hil/drivers/tftp/mod.ts";
import type { SignalSource, Timeline } from "hil/trace/mod.ts";
import type { Clock } from "hil";
import type { VirtualClock } from "sims/engine/mod.ts";
import { DhcpService, Host, type Lan, TftpService } from "./net/mod.ts";
import type { TftpData, TftpOptions } from "./port.ts";

/** TEST-NET-2 (RFC 5737). */
export const LAB_ADDRESSES = {
  server: "198.51.100.1",
  client: "198.51.100.2",
  netmask: "255.255.255.0",
  pool: ["198.51.100.100", "198.51.100.199"],
} as const;
const MAC = "02:00:00:00:00:01";

export interface LabServerOptions {
  readonly clock: VirtualClock;
  readonly lan: Lan;
  readonly root: TftpRoot;
  readonly onEvent: (event: TftpEvent) => void;
}

export function serveLab({ clock, lan, root, onEvent }: LabServerOptions) {
  const port = lan.port("server");
  const { server: address, pool } = LAB_ADDRESSES;
  const host = new Host({ name: "server", clock, port, mac: MAC, address });
  const tftp = new TftpService({ clock, host, root, onEvent });
  const dhcp = new DhcpService({ clock, host, pool });
  return { host, tftp, dhcp };
}

/** Files that the scenario gives come before those of the folder. */
export function rootOf({ root, files = {} }: TftpOptions): TftpRoot {
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

/** Requests as a scenario sees them. */
export function tftpSignal(timeline: Timeline, clock: Clock): SignalSource<TftpData> {
  return timeline.signal<TftpData>("tftp", {
    clock,
    describe: (kind, { file, bytes, why }) =>
      `TFTP ${kind} "${file}"${bytes === undefined ? "" : `, ${bytes} bytes`}${
        why ? `: ${why}` : ""
      }`,
  });
}

/** What of the server's events is one of the signal. */
export function tftpHappening(
  event: TftpEvent,
): { readonly kind: string; readonly data: TftpData } | undefined {
  const { type, file, direction } = event;
  if (type === "begun") return { kind: direction, data: { file } };
  if (type === "done") return { kind: "done", data: { file, bytes: event.bytes } };
  if (type !== "failed") return undefined;
  return { kind: "failed", data: { file, bytes: event.bytes, why: event.message } };
}
