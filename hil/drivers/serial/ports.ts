/**
 * The serial ports of this machine, from sysfs (Linux Documentation/ABI/testing/sysfs-class-tty
 * and sysfs-bus-usb). Deno may look into /sys only with --allow-all: find and grep, which every
 * Debian has, may.
 */
import type { PortInfo } from "@serialport/bindings-interface";

/** A port as its device says. Ids are hexadecimal digits: "0403". */
export interface SerialPortInfo extends PortInfo {
  /** "FT232R USB UART". */
  readonly product: string | undefined;
  /** Which of its USB device's interfaces it is: adapters with four ports have one serial number. */
  readonly usbInterface: number | undefined;
}

/** Where the machine has its devices; tests have trees of their own. */
export interface Places {
  /** Default: "/sys". */
  readonly sys?: string;
  /** Default: "/dev". */
  readonly dev?: string;
}

/** All that there are, by name; virtual terminals and UARTs that are not fitted are none. */
export async function listPorts({ sys = "/sys", dev = "/dev" }: Places = {}): Promise<
  SerialPortInfo[]
> {
  const tty = `${sys}/class/tty`;
  const links = await run("find", [tty, "-maxdepth", "1", "-type", "l", "-printf", "%f\\0%l\\0"]);
  const ports = parseLinks(links);
  if (ports.length === 0) return [];
  const files = ports.flatMap(({ folder }) => attributesOf(folder)).map((file) => `${sys}/${file}`);
  const values = parseValues(await run("grep", ["-sHZm1", "", "--", ...new Set(files)]));
  return ports
    .filter(({ folder }) => values.get(`${sys}/${folder}/type`) !== "0")
    .map(({ name, folder }) => describe(`${dev}/${name}`, `${sys}/${folder}`, values))
    .sort((a, b) => collator.compare(a.path, b.path));
}

const collator = new Intl.Collator("en", { numeric: true });

/** A terminal's name, and its folder below the root of sysfs. */
interface TtyLink {
  readonly name: string;
  readonly folder: string;
}

/** What find printed: a name and the target of its link each, with NUL behind both. */
export function parseLinks(text: string): TtyLink[] {
  const words = text.split("\0");
  const found: TtyLink[] = [];
  for (let i = 0; i + 1 < words.length; i += 2) {
    const name = words[i]!;
    const folder = words[i + 1]!.match(/^(?:\.\.\/)+(devices\/.+)$/)?.[1];
    if (name === "" || name.includes("/") || folder === undefined) continue;
    if (folder.startsWith("devices/virtual/") || folder.split("/").includes("..")) continue;
    found.push({ name, folder });
  }
  return found;
}

/** What grep printed: a path, NUL, and the first line of that file each. */
export function parseValues(text: string): Map<string, string> {
  const lines = text.split("\n").map((line) => line.split("\0", 2));
  return new Map(
    lines.flatMap(([path, value]) => value === undefined ? [] : [[path!, value.trim()]]),
  );
}

const OF_USB = ["idVendor", "idProduct", "serial", "manufacturer", "product"] as const;
const OF_INTERFACE = "bInterfaceNumber";

/** Of the terminal itself, and of each folder above it, one of which may be a USB device. */
function attributesOf(folder: string): string[] {
  const own = `${folder}/type`;
  return [
    own,
    ...above(folder).flatMap((at) => [...OF_USB, OF_INTERFACE].map((f) => `${at}/${f}`)),
  ];
}

function above(folder: string): string[] {
  const parts = folder.split("/");
  // "devices" and the bus below it are no devices.
  return parts.map((_, i) => parts.slice(0, i).join("/")).slice(3).reverse();
}

function describe(
  path: string,
  folder: string,
  values: ReadonlyMap<string, string>,
): SerialPortInfo {
  const folders = above(folder);
  const device = folders.find((at) => values.has(`${at}/idVendor`));
  const number = folders.map((at) => values.get(`${at}/${OF_INTERFACE}`)).find((it) => it);
  const usb = (file: typeof OF_USB[number]) =>
    device === undefined ? undefined : values.get(`${device}/${file}`) || undefined;
  return {
    path,
    manufacturer: usb("manufacturer"),
    product: usb("product"),
    serialNumber: usb("serial"),
    vendorId: usb("idVendor"),
    productId: usb("idProduct"),
    locationId: device?.split("/").at(-1),
    pnpId: undefined,
    usbInterface: number !== undefined && /^[0-9a-f]{2}$/i.test(number)
      ? parseInt(number, 16)
      : undefined,
  };
}

/** For people: `/dev/ttyUSB0 (FTDI FT232R USB UART, serial number "A5XK3RJT")`. */
export function describePort(port: SerialPortInfo): string {
  const { path, manufacturer, product, serialNumber, usbInterface } = port;
  const parts = [
    [manufacturer, product].filter((it) => it).join(" "),
    serialNumber === undefined ? "" : `serial number "${serialNumber}"`,
    usbInterface === undefined ? "" : `interface ${usbInterface}`,
  ].filter((it) => it !== "");
  return parts.length > 0 ? `${path} (${parts.join(", ")})` : path;
}

/** What a program prints; grep and find fail when they find nothing. */
async function run(command: string, args: readonly string[]): Promise<string> {
  const { stdout } = await new Deno.Command(command, {
    args: [...args],
    stdin: "null",
    stderr: "null",
  }).output();
  return new TextDecoder().decode(stdout);
}
