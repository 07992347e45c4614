/**
 * A network of its own for real programs: a Linux network namespace with one interface, whose other
 * end is the harness's (network_namespaces(7), veth(4)). Made and removed with `ip`; needs root.
 */
import { ip, ipBatch } from "./ip.ts";
import { markOf, namespacesRefused, newName, removeNamespaces, removeOrphans } from "./names.ts";

export interface NamespaceOptions {
  /** Of the interface that programs have, with its prefix: "198.51.100.9/24". */
  readonly address: string;
  /** Where programs send what is for other networks. */
  readonly gateway?: string;
}

/** The names of both ends, in the namespace. */
export const ENDS = { programs: "eth0", harness: "harness0" } as const;

/**
 * @example
 * ```ts ignore
 * await using lab = await NetworkNamespace.make({ address: "198.51.100.9/24" });
 * const { stdout } = await lab.command("curl", ["tftp://198.51.100.1/os.bin"]).output();
 * ```
 */
export class NetworkNamespace implements AsyncDisposable {
  private constructor(readonly name: string) {}

  /**
   * @throws Error when the system makes none: the message has what `ip` says
   */
  static async make({ address, gateway }: NamespaceOptions): Promise<NetworkNamespace> {
    await removeOrphans();
    const space = new NetworkNamespace(newName());
    await ip("netns", "add", space.name);
    const { programs, harness } = ENDS;
    try {
      await ipBatch([
        `link add ${harness} type veth peer name ${programs}`,
        // Without addresses of its own the kernel says nothing at the harness's end.
        ...[programs, harness].map((end) => `link set dev ${end} addrgenmode none`),
        `link set dev ${harness} arp off`,
        `address add ${address} dev ${programs}`,
        ...["lo", programs, harness].map((end) => `link set ${end} up`),
        ...gateway ? [`route add default via ${gateway}`] : [],
      ], { namespace: space.name });
    } catch (error) {
      await space.close();
      throw error;
    }
    return space;
  }

  /** A program in the namespace; not started. */
  command(program: string, args: readonly string[]): Deno.Command {
    return new Deno.Command("ip", {
      args: ["netns", "exec", this.name, program, ...args],
      stdin: "null",
      env: markOf(this.name),
    });
  }

  /** Removes it, and ends the programs that still run in it. */
  async close(): Promise<void> {
    await removeNamespaces([this.name]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

/** Whether this process may make namespaces here. */
export async function namespacesAvailable(): Promise<boolean> {
  return await namespacesRefused() === undefined;
}
