/**
 * A network of its own for real programs: a Linux network namespace with one interface, whose other
 * end is the harness's (network_namespaces(7), veth(4)). Made and removed with `ip`; needs root.
 */

export interface NamespaceOptions {
  /** Of the interface that programs have, with its prefix: "198.51.100.9/24". */
  readonly address: string;
  /** Where programs send what is for other networks. */
  readonly gateway?: string;
}

/** The names of both ends, in the namespace. */
export const ENDS = { programs: "eth0", harness: "harness0" } as const;

const PREFIX = "hil-";
let made = 0;

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
    const space = new NetworkNamespace(`${PREFIX}${Deno.pid}-${++made}`);
    await ip("netns", "add", space.name);
    try {
      const { programs, harness } = ENDS;
      await space.#ip("link", "add", harness, "type", "veth", "peer", "name", programs);
      // Without addresses of its own the kernel says nothing at the harness's end.
      for (const end of [programs, harness]) {
        await space.#ip("link", "set", "dev", end, "addrgenmode", "none");
      }
      await space.#ip("link", "set", "dev", harness, "arp", "off");
      await space.#ip("address", "add", address, "dev", programs);
      for (const end of ["lo", programs, harness]) await space.#ip("link", "set", end, "up");
      if (gateway) await space.#ip("route", "add", "default", "via", gateway);
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
    });
  }

  /** Removes it. Programs that still run in it keep it until they end. */
  async close(): Promise<void> {
    await ip("netns", "delete", this.name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #ip(...args: string[]): Promise<string> {
    return ip("-netns", this.name, ...args);
  }
}

/** Whether this process may make namespaces here. */
export async function namespacesAvailable(): Promise<boolean> {
  try {
    const name = `${PREFIX}${Deno.pid}-probe`;
    await ip("netns", "add", name);
    await ip("netns", "delete", name);
    return true;
  } catch {
    return false;
  }
}

/** Those of processes that were killed before they could remove theirs. */
async function removeOrphans(): Promise<void> {
  for (const line of (await ip("netns", "list")).split("\n")) {
    const [name] = line.split(" ");
    const pid = name?.match(/^hil-(\d+)-/)?.[1];
    if (pid && !isRunning(pid)) await ip("netns", "delete", name!).catch(() => {});
  }
}

function isRunning(pid: string): boolean {
  try {
    Deno.statSync(`/proc/${pid}`);
    return true;
  } catch (error) {
    return !(error instanceof Deno.errors.NotFound);
  }
}

async function ip(...args: string[]): Promise<string> {
  const command = new Deno.Command("ip", { args, stdin: "null" });
  const { success, stdout, stderr } = await command.output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  if (success) return text(stdout);
  throw new Error(
    `Cannot run "ip ${args.join(" ")}": ${text(stderr).trim()}; be root, and have CAP_NET_ADMIN`,
  );
}
