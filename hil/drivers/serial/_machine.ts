/** For tests: a machine's /sys and /dev in a temporary folder, whose ports come and go. */

export interface FakePort {
  /** "ttyUSB0" */
  readonly name: string;
  readonly usb?: {
    readonly serial?: string;
    readonly product?: string;
    readonly manufacturer?: string;
    readonly interface?: number;
    /** Where it is plugged in; default "1-1.2". */
    readonly location?: string;
  };
  /** Kind of UART on the board; 0 is not fitted. Default 4. */
  readonly type?: number;
}

export interface FakeMachine {
  readonly sys: string;
  readonly dev: string;
  /** @param device what its path in /dev leads to */
  plug(port: FakePort, device?: string): Promise<void>;
  unplug(name: string): Promise<void>;
  remove(): Promise<void>;
}

export async function fakeMachine(ports: readonly FakePort[]): Promise<FakeMachine> {
  const root = await Deno.makeTempDir({ prefix: "hil-serial-" });
  const machine: FakeMachine = {
    sys: `${root}/sys`,
    dev: `${root}/dev`,
    plug: async (port, device) => {
      if (device !== undefined) await Deno.symlink(device, `${root}/dev/${port.name}`);
      const folder = await files(`${root}/sys`, port);
      await Deno.symlink(`../../${folder}`, `${root}/sys/class/tty/${port.name}`);
    },
    unplug: async (name) => {
      await Deno.remove(`${root}/sys/class/tty/${name}`);
      await Deno.remove(`${root}/dev/${name}`);
    },
    remove: () => Deno.remove(root, { recursive: true }),
  };
  await Deno.mkdir(`${root}/sys/class/tty`, { recursive: true });
  await Deno.mkdir(machine.dev);
  for (const port of ports) await machine.plug(port);
  return machine;
}

/** Makes a port's files as Linux has them; gives its folder below the root of sysfs. */
async function files(sys: string, { name, usb, type = 4 }: FakePort): Promise<string> {
  if (!usb) {
    const folder = `devices/pnp0/00:00/tty/${name}`;
    await write(`${sys}/${folder}`, { type: `${type}` });
    return folder;
  }
  const { location = "1-1.2", interface: number = 0, ...texts } = usb;
  const device = `devices/pci0000:00/0000:00:14.0/usb1/1-1/${location}`;
  await write(`${sys}/devices/pci0000:00/0000:00:14.0/usb1`, { idVendor: "1d6b", serial: "hub" });
  await write(`${sys}/${device}`, { idVendor: "0403", idProduct: "6001", ...texts });
  const part = `${device}/${location}:1.${number}`;
  await write(`${sys}/${part}`, { bInterfaceNumber: `${number}`.padStart(2, "0") });
  const folder = `${part}/${name}/tty/${name}`;
  await Deno.mkdir(`${sys}/${folder}`, { recursive: true });
  return folder;
}

async function write(folder: string, texts: Readonly<Record<string, string>>): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  for (const [file, text] of Object.entries(texts)) {
    await Deno.writeTextFile(`${folder}/${file}`, `${text}\n`);
  }
}
