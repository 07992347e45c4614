/** Which device a port's name stands for, who has it, and what to do when it does not open. */
import { CallError } from "./_tty.ts";
import { SerialBusy } from "./error.ts";
import { describePort, listPorts, type Places, type SerialPortInfo } from "./ports.ts";

/** A port that was found; `info` when it is one of the machine's own, not a pseudo-terminal. */
export interface FoundPort {
  readonly path: string;
  readonly info?: SerialPortInfo;
}

/** "usb:A5XK3RJT", or "usb:A5XK3RJT#2" for interface 2. Some serial numbers have colons. */
const BY_USB = /^usb:(.+?)(?:#(\d+))?$/;

/**
 * @param name a path, or `usb:SERIAL` or `usb:SERIAL#INTERFACE`
 * @throws Error when the name by USB serial number is that of none, or of several
 */
export async function findPort(name: string, places: Places): Promise<FoundPort> {
  const usb = name.match(BY_USB);
  if (!usb) return await byPath(name, places);
  const ports = await listPorts(places);
  const found = ports.filter((port) =>
    port.serialNumber === usb[1] &&
    (usb[2] === undefined || port.usbInterface === Number(usb[2]))
  );
  if (found.length === 1) return { path: found[0]!.path, info: found[0]! };
  const several = found.length > 1;
  throw failure(
    name,
    several
      ? `${found.length} ports have that number; add its interface, as in "${usb[0]}#` +
        `${found[0]!.usbInterface ?? 0}": ${found.map(describePort).join(", ")}`
      : `no port has that serial number; ${offer(ports)}`,
  );
}

/** A path may be a link, as those in /dev/serial/by-id are. */
async function byPath(path: string, places: Places): Promise<FoundPort> {
  if (path.startsWith("/dev/pts/")) return { path };
  const real = (await said("readlink", ["-f", "--", path])).trim();
  const ports = await listPorts(places);
  const info = ports.find((port) => port.path === path) ?? ports.find(({ path }) => path === real);
  return info ? { path, info } : { path };
}

/** What to tell whoever wanted the port that did not open. */
export async function explain(path: string, cause: unknown, places: Places): Promise<Error> {
  if (!(cause instanceof CallError)) return cause as Error;
  switch (cause.code) {
    case "ENOENT":
      return failure(path, `there is no such port; ${offer(await listPorts(places))}`, cause);
    case "EACCES":
    case "EPERM": {
      const remedy = 'run "sudo usermod -aG dialout $USER" and log in again';
      return failure(path, `this user may not; ${remedy}`, cause);
    }
    case "EBUSY":
      return new SerialBusy(path, await holderOf(path));
    case "ENOTTY":
      return failure(path, "it is no serial port; name one", cause);
    case "ENXIO":
    case "ENODEV":
    case "EIO":
      return failure(path, `no device is behind it (${cause.code}); plug it in`, cause);
    default:
      return failure(path, `${cause.call} says ${cause.code}; look at "dmesg"`, cause);
  }
}

function failure(path: string, what: string, cause?: unknown): Error {
  return new Error(`Cannot open the serial port "${path}": ${what}`, { cause });
}

function offer(ports: readonly SerialPortInfo[]): string {
  if (ports.length === 0) return "this machine has none: plug it in";
  return `there is ${ports.map(describePort).join(", ")}`;
}

/** The process that has the flock(2) of a device. */
export async function holderOf(
  path: string,
): Promise<{ pid: number; command: string } | undefined> {
  const inode = await said("stat", ["-Lc", "%Hd %Ld %i", "--", path]);
  const pid = holderIn(await said("cat", ["/proc/locks"]), inode);
  if (pid === undefined) return undefined;
  const words = (await said("cat", [`/proc/${pid}/cmdline`])).split("\0").filter((word) => word);
  return { pid, command: pid === Deno.pid ? "this process" : words.join(" ") || "?" };
}

/**
 * @param locks /proc/locks (proc_locks(5))
 * @param inode major, minor and inode number of the file, in decimal
 */
export function holderIn(locks: string, inode: string): number | undefined {
  const [major, minor, number] = inode.trim().split(" ").map(Number);
  for (const line of locks.split("\n")) {
    const found = line.match(/ FLOCK +\S+ +\S+ +(\d+) +([0-9a-f]+):([0-9a-f]+):(\d+) /);
    if (!found || found[1] === "0") continue;
    const [, pid, inMajor, inMinor, inNumber] = found;
    const same = parseInt(inMajor!, 16) === major && parseInt(inMinor!, 16) === minor;
    if (same && Number(inNumber) === number) return Number(pid);
  }
  return undefined;
}

/** What a program of coreutils prints; nothing when it fails, which is no news here. */
async function said(command: string, args: readonly string[]): Promise<string> {
  const options: Deno.CommandOptions = { args: [...args], stdin: "null", stderr: "null" };
  const { stdout } = await new Deno.Command(command, options).output();
  return new TextDecoder().decode(stdout);
}
