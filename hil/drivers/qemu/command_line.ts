/** QEMU's command line, from options that name what is wanted. No shell is in between. */

/** What stands behind a disk of the guest. */
export type DiskSource =
  | {
    readonly file: string;
    /** Default "raw". */
    readonly format?: string;
    readonly readOnly?: boolean;
    /** Writes go to a temporary file that QEMU removes. */
    readonly snapshot?: boolean;
  }
  | {
    /** Unix socket of an NBD server. */
    readonly nbd: string;
    /** Default: the server's default export. */
    readonly export?: string;
  };

/** What the device tells the guest, or does, on an error: QEMU's own words. */
export type OnError = "report" | "ignore" | "stop" | "enospc" | "auto";

export interface Disk {
  /** Always by name: without it `ide-hd` lands on ide.1 under `pc`. */
  readonly bus: string;
  readonly unit: number;
  readonly source: DiskSource;
  /** Default "ide-hd". */
  readonly device?: string;
  readonly rerror?: OnError;
  readonly werror?: OnError;
}

export interface QemuOptions {
  /** Default "qemu-system-x86_64". */
  readonly binary?: string;
  /** With its properties: "pc,hpet=off". */
  readonly machine: string;
  /** MiB. */
  readonly memoryMiB: number;
  /** A file that is the guest's memory, to be read while it runs. */
  readonly memoryFile?: string;
  readonly kernel?: string;
  /** Kernel command line. */
  readonly append?: string;
  readonly initrd?: string;
  readonly bios?: string;
  readonly cpu?: string;
  /** Default "tcg". */
  readonly accel?: string;
  /** The guest waits for {@link Qemu.cont}; else it boots while QMP is negotiated. */
  readonly paused?: boolean;
  readonly icount?: { readonly shift: number | "auto"; readonly sleep?: boolean };
  /**
   * Records all that comes to the guest from outside, or plays it back: every instruction is done
   * again. One processor, TCG; sets `icount`. A guest that idles with `hlt` is 50 times slower.
   * COM1 is QEMU's standard input and output then: a pipe takes 64 KiB that nobody reads, a socket
   * 278 writes of a byte, and QEMU 7.2 does a write that was refused at another time when it replays.
   */
  readonly replay?: {
    readonly mode: "record" | "replay";
    readonly file: string;
    /** An instruction takes 2^shift ns of the guest's time; default 3. */
    readonly shift?: number;
  };
  /** Serial ports in the guest's order: COM1, COM2 … */
  readonly serials?: readonly { readonly name: string }[];
  readonly disks?: readonly Disk[];
  /** Further arguments, verbatim. */
  readonly extra?: readonly string[];
}

/** QEMU's options are comma-separated; a comma inside a value is doubled. */
function escape(value: string): string {
  return value.replaceAll(",", ",,");
}

function flag(name: string, value: string | number | undefined): string[] {
  return value === undefined ? [] : [name, String(value)];
}

/** The serial ports that are on sockets: all, but COM1 of a recorded machine. */
export function serialsOnSockets(
  { serials = [], replay }: QemuOptions,
): { readonly name: string }[] {
  return replay ? serials.slice(1) : [...serials];
}

/**
 * The arguments, without the binary.
 *
 * @param sockets paths that are listened on: QMP's, and one for each of {@link serialsOnSockets}
 */
export function commandLine(
  options: QemuOptions,
  sockets: { readonly qmp: string; readonly serials: readonly string[] },
): string[] {
  return [
    ...["-nodefaults", "-no-user-config", "-display", "none", "-vga", "none"],
    ...(options.paused ? ["-S"] : []),
    // A guest that resets or switches itself off stops there, with its registers to be read.
    ...["-action", "reboot=shutdown,shutdown=pause,panic=pause"],
    ...memoryArguments(options),
    ...["-accel", options.accel ?? "tcg"],
    ...flag("-cpu", options.cpu),
    ...flag("-bios", options.bios),
    ...flag("-kernel", options.kernel),
    ...flag("-append", options.append),
    ...flag("-initrd", options.initrd),
    ...flag("-icount", options.icount && icountValue(options.icount)),
    ...flag("-icount", options.replay && replayValue(options.replay)),
    ...socketArguments("qmp", sockets.qmp, ["-mon", "chardev=qmp,mode=control"]),
    ...serialArguments(options, sockets.serials),
    ...(options.disks ?? []).flatMap((disk, index) =>
      diskArguments(disk, index, options.replay !== undefined)
    ),
    ...(options.extra ?? []),
  ];
}

function memoryArguments({ machine, memoryMiB, memoryFile }: QemuOptions): string[] {
  const size = ["-m", String(memoryMiB)];
  if (memoryFile === undefined) return ["-machine", machine, ...size];
  const path = escape(memoryFile);
  const backend = `memory-backend-file,id=ram0,size=${memoryMiB}M,mem-path=${path},share=on`;
  return ["-machine", `${machine},memory-backend=ram0`, ...size, "-object", backend];
}

function icountValue({ shift, sleep }: NonNullable<QemuOptions["icount"]>): string {
  return `shift=${shift}` + (sleep === undefined ? "" : `,sleep=${sleep ? "on" : "off"}`);
}

function replayValue({ mode, file, shift = 3 }: NonNullable<QemuOptions["replay"]>): string {
  return `shift=${shift},rr=${mode},rrfile=${escape(file)}`;
}

function serialArguments(options: QemuOptions, paths: readonly string[]): string[] {
  const onPipe = (options.serials ?? []).length - paths.length;
  return (options.serials ?? []).flatMap((_, index) => {
    const id = `com${index + 1}`;
    const user = ["-serial", `chardev:${id}`];
    if (index < onPipe) return ["-chardev", `stdio,id=${id},signal=off`, ...user];
    return socketArguments(id, paths[index - onPipe]!, user);
  });
}

/** A chardev that connects to us as QEMU starts. */
function socketArguments(id: string, path: string, user: readonly string[]): string[] {
  return ["-chardev", `socket,id=${id},path=${escape(path)}`, ...user];
}

/** @param replayed completions come when the recording says, by QEMU's filter blkreplay */
function diskArguments(disk: Disk, index: number, replayed: boolean): string[] {
  const { bus, unit, source, device = "ide-hd", rerror, werror } = disk;
  const id = `disk${index}`;
  const below = replayed ? `${id}-below` : id;
  const drive = [`if=none,id=${below}`, ...sourceProperties(source)].join(",");
  const filter = `driver=blkreplay,if=none,image=${below},id=${id}`;
  const properties = [
    `${device},bus=${bus},drive=${id}`,
    // QEMU need not read the drive to guess its geometry; the most that IDENTIFY may say.
    ...(device === "ide-hd" ? ["cyls=16383,heads=16,secs=63"] : []),
    ...(bus.startsWith("ide.") ? [`unit=${unit}`] : []),
    ...(rerror ? [`rerror=${rerror}`] : []),
    ...(werror ? [`werror=${werror}`] : []),
  ];
  const drives = replayed ? ["-drive", drive, "-drive", filter] : ["-drive", drive];
  return [...drives, "-device", properties.join(",")];
}

function sourceProperties(source: DiskSource): string[] {
  if ("nbd" in source) {
    return [
      "format=raw,file.driver=nbd,file.server.type=unix",
      `file.server.path=${escape(source.nbd)}`,
      ...(source.export ? [`file.export=${escape(source.export)}`] : []),
    ];
  }
  return [
    `format=${source.format ?? "raw"},file=${escape(source.file)}`,
    ...(source.readOnly ? ["readonly=on"] : []),
    ...(source.snapshot ? ["snapshot=on"] : []),
  ];
}

/** The firmware that starts the kernel. qboot takes half the time of SeaBIOS. */
export type Firmware = "qboot" | "seabios";

/**
 * A PC that starts fast: no HPET, USB, SMM and VMware port.
 *
 * Under qboot the guest itself must set the local APIC (SVR 0x1ff, LVT0 0x700) or no interrupt of
 * the PIC arrives, and must program the bus-master base of the IDE controller.
 */
export function fastPc(firmware: Firmware = "qboot"): Pick<QemuOptions, "machine" | "bios"> {
  const machine = "pc,hpet=off,usb=off,smm=off,vmport=off";
  return firmware === "qboot" ? { machine, bios: "qboot.rom" } : { machine };
}
