/** The programs that targets, tests and benchmarks need, and whether this machine has them. */
import type { Bench, BenchTarget, TargetModule, Tool } from "../bench/mod.ts";

/** What the tests need beyond the targets of the bench. */
export const TEST_TOOLS: readonly Tool[] = [
  { command: "kill", debianPackage: "procps", purpose: "tests that nothing is left running" },
  { command: "libunicorn.so.2", debianPackage: "libunicorn2", purpose: "a second Cortex-A8" },
  { command: "rx", debianPackage: "lrzsz", purpose: "tests serial ports" },
  { command: "sx", debianPackage: "lrzsz", purpose: "tests serial ports" },
  { command: "tio", debianPackage: "tio", purpose: "tests serial ports" },
  { command: "gdb-multiarch", debianPackage: "gdb-multiarch", purpose: "tests the GDB server" },
  { command: "/usr/sbin/fsck.fat", debianPackage: "dosfstools", purpose: "tests card images" },
  { command: "mcopy", debianPackage: "mtools", purpose: "tests card images" },
  { command: "/usr/sbin/sfdisk", debianPackage: "fdisk", purpose: "tests card images" },
  { command: "/usr/sbin/sgdisk", debianPackage: "gdisk", purpose: "tests card images" },
  { command: "mkimage", debianPackage: "u-boot-tools", purpose: "tests U-Boot scripts" },
  { command: "/usr/sbin/ip", debianPackage: "iproute2", purpose: "makes network namespaces" },
  { command: "/usr/sbin/nft", debianPackage: "nftables", purpose: "tests packet filters" },
  { command: "/usr/sbin/iptables", debianPackage: "iptables", purpose: "tests packet filters" },
  { command: "/usr/sbin/ipset", debianPackage: "ipset", purpose: "tests packet filters" },
  { command: "libpcap.so.0.8", debianPackage: "libpcap0.8", purpose: "captures packets" },
  { command: "tcpdump", debianPackage: "tcpdump", purpose: "tests captures" },
  { command: "zsh", debianPackage: "zsh", purpose: "tests completions" },
  { command: "fish", debianPackage: "fish", purpose: "tests completions" },
  { command: "curl", debianPackage: "curl", purpose: "tests the TFTP server" },
  { command: "git", debianPackage: "git", purpose: "tests that runs know their commit" },
  {
    command: "/usr/lib/python3/dist-packages/junitparser/__init__.py",
    debianPackage: "python3-junitparser",
    purpose: "tests JUnit reports",
  },
  { command: "xmllint", debianPackage: "libxml2-utils", purpose: "tests JUnit reports" },
  { command: "tshark", debianPackage: "tshark", purpose: "tests captures" },
  { command: "vcd2fst", debianPackage: "gtkwave", purpose: "tests exports of waveforms" },
  { command: "sipp", debianPackage: "sip-tester", purpose: "tests SIP" },
  { command: "sipsak", debianPackage: "sipsak", purpose: "tests SIP" },
  { command: "chromium", debianPackage: "chromium", purpose: "tests the browser" },
  { command: "certutil", debianPackage: "libnss3-tools", purpose: "tests the browser" },
  { command: "qemu-io", debianPackage: "qemu-utils", purpose: "tests the NBD server" },
  { command: "qemu-img", debianPackage: "qemu-utils", purpose: "tests the NBD server" },
  { command: "nbdinfo", debianPackage: "libnbd-bin", purpose: "tests the NBD server" },
  { command: "nbdcopy", debianPackage: "libnbd-bin", purpose: "tests the NBD server" },
];

/** What the benchmarks need beyond that: the peers that we are measured against. */
export const BENCH_TOOLS: readonly Tool[] = [
  { command: "qemu-img", debianPackage: "qemu-utils", purpose: "loads disk servers in benchmarks" },
  { command: "qemu-system-arm", debianPackage: "qemu-system-arm", purpose: "a peer in benchmarks" },
  { command: "nbdkit", debianPackage: "nbdkit", purpose: "a peer in benchmarks" },
  { command: "node", debianPackage: "nodejs", purpose: "a peer in benchmarks" },
  { command: "npm", debianPackage: "npm", purpose: "gets a peer of benchmarks" },
  { command: "python3", debianPackage: "python3", purpose: "runs pexpect, a peer in benchmarks" },
  {
    command: "/usr/lib/python3/dist-packages/pexpect/__init__.py",
    debianPackage: "python3-pexpect",
    purpose: "a peer in benchmarks",
  },
  { command: "fail2ban-server", debianPackage: "fail2ban", purpose: "a peer in benchmarks" },
  {
    command: "/usr/share/doc/libnet-pcap-perl/copyright",
    debianPackage: "libnet-pcap-perl",
    purpose: "a peer in benchmarks",
  },
];

/** The tools of `tools` that this machine lacks. */
export function missingTools(tools: readonly Tool[]): Tool[] {
  return tools.filter(({ command }) => findTool(command) === undefined);
}

/** The path of a command on the PATH, of a library, or of a file; undefined when it is not there. */
export function findTool(command: string): string | undefined {
  if (/^lib.*\.so/.test(command)) {
    return libraryFolders().map((folder) => `${folder}/${command}`).find(isFile);
  }
  if (command.includes("/")) return isFile(command) ? command : undefined;
  const folders = (Deno.env.get("PATH") ?? "").split(":").filter((folder) => folder !== "");
  return folders.map((folder) => `${folder}/${command}`).find(isProgram);
}

/** Where Debian puts libraries: also below a folder of the machine's architecture. */
function libraryFolders(): string[] {
  const folders = ["/usr/local/lib", "/usr/lib"];
  for (const entry of Deno.readDirSync("/usr/lib")) {
    if (entry.isDirectory && entry.name.includes("-linux-")) folders.push(`/usr/lib/${entry.name}`);
  }
  return folders;
}

function isFile(path: string): boolean {
  return stat(path)?.isFile ?? false;
}

function isProgram(path: string): boolean {
  const found = stat(path);
  return found !== undefined && found.isFile && ((found.mode ?? 0) & 0o111) !== 0;
}

function stat(path: string): Deno.FileInfo | undefined {
  try {
    return Deno.statSync(path);
  } catch {
    return undefined; // Not there, or in a folder that may not be read: the shell cannot run it.
  }
}

/** A target of a bench and its module; `error` when the module cannot be had. */
export type LoadedTarget =
  & { readonly target: BenchTarget }
  & ({ readonly module: TargetModule } | { readonly error: Error });

/** Imports the modules of all targets of a bench. */
export async function loadTargets(bench: Bench): Promise<LoadedTarget[]> {
  const targets = [...bench.roles.values()].flatMap((role) => [...role.targets.values()]);
  return await Promise.all(targets.map(async (target): Promise<LoadedTarget> => {
    try {
      const { default: module } = await import(target.module) as { default?: TargetModule };
      if (module && typeof module.start === "function") return { target, module };
      throw new TypeError(
        "it has no default export that is a target; write export default defineTarget({ … })",
      );
    } catch (error) {
      return { target, error: error instanceof Error ? error : new Error(String(error)) };
    }
  }));
}

/** The tools of all targets, each once. */
export function toolsOf(targets: readonly LoadedTarget[]): Tool[] {
  return uniqueTools(
    targets.flatMap((loaded) => "module" in loaded ? toolsFor(loaded.target, loaded.module) : []),
  );
}

function toolsFor({ options }: BenchTarget, { tools = [] }: TargetModule): readonly Tool[] {
  if (typeof tools !== "function") return tools;
  try {
    return tools(options);
  } catch {
    return []; // Of wrong options its availability tells.
  }
}

/** Each command once; the first one's purpose is kept. */
export function uniqueTools(tools: readonly Tool[]): Tool[] {
  const byCommand = new Map<string, Tool>();
  for (const tool of tools) if (!byCommand.has(tool.command)) byCommand.set(tool.command, tool);
  return [...byCommand.values()];
}
