/**
 * The target "udp" of the role "tftp": files for a real board, on an interface of this machine. U-Boot
 * asks on port 69 and cannot be told another one.
 */
import { isIPv4 } from "node:net";
import { type Availability, defineTarget } from "hil";
import { UdpTftpServer } from "hil/drivers/tftp/mod.ts";
import { rootOf, tftpHappening, tftpSignal } from "../lab_server.ts";
import type { TftpOptions, TftpServer } from "../port.ts";
import { hostClockOf } from "./host_lab.ts";

interface Options extends TftpOptions {
  /** This machine's, where the board's cable leads to. */
  readonly address: string;
  /** One that the board may take there. */
  readonly clientAddress: string;
  readonly netmask: string;
  /** Default 69; another one is of use to tests. */
  readonly port?: number;
}

const ADDRESSES = ["address", "clientAddress", "netmask"] as const;
const KNOWN = [...ADDRESSES, "port", "root", "files", "capture"];

export default defineTarget<TftpServer>({
  title: "TFTP server on an interface of this machine",
  offers: [],
  exclusive: (options) => `TFTP on ${checked(options).address}`,
  availability,
  async start({ timeline, options, defer }) {
    const { address, clientAddress, netmask, port, ...files } = checked(options);
    const requests = tftpSignal(timeline, hostClockOf(timeline));
    const server = await UdpTftpServer.listen({
      ...{ root: rootOf(files), address, port },
      onEvent: (event) => {
        const happening = tftpHappening(event);
        if (happening) requests.emit(happening.kind, happening.data);
      },
    });
    defer("close the TFTP server", () => server.close());
    return { address, clientAddress, netmask, requests };
  },
});

/** Whether it may listen there, by trying. */
async function availability(options: Readonly<Record<string, unknown>>): Promise<Availability> {
  const { address, port } = checked(options);
  try {
    const server = await UdpTftpServer.listen({ root: rootOf({}), address, port });
    await server.close();
    return { ok: true };
  } catch (error) {
    const reason = ((error as Error).cause as Error | undefined)?.message ?? `${error}`;
    return {
      ok: false,
      reason: `TFTP cannot be served on ${address}: ${reason}`,
      remedy: `give the interface that address ("ip address add ${address}/24 dev …"), be root, ` +
        `or correct "address" in the bench file`,
    };
  }
}

/** @throws TypeError when the bench file lacks an option, or has one that is not ours */
function checked(options: Readonly<Record<string, unknown>>): Options {
  for (const key of Object.keys(options)) {
    if (KNOWN.includes(key)) continue;
    throw new TypeError(
      `Cannot serve TFTP with the option "${key}" of the bench file: there is no such; ` +
        `there are ${KNOWN.join(", ")}`,
    );
  }
  for (const name of ADDRESSES) {
    const value = options[name];
    if (typeof value === "string" && isIPv4(value)) continue;
    throw new TypeError(
      `Cannot serve TFTP with ${name} "${value}": it is no IPv4 address; ` +
        `write one in the bench file, such as 198.51.100.1`,
    );
  }
  return options as unknown as Options;
}
