import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { Random } from "../../time/mod.ts";
import { holderIn } from "./_find.ts";
import { fakeMachine } from "./_machine.ts";
import { DenoBinding, describePort, listPorts } from "./mod.ts";
import { parseLinks, parseValues } from "./ports.ts";

Deno.test("ports are listed with what their USB devices say, in the order of their numbers", async () => {
  const machine = await fakeMachine([
    { name: "ttyUSB10", usb: { serial: "QUAD", interface: 1, location: "1-1.3" } },
    {
      name: "ttyUSB2",
      usb: { serial: "A5XK3RJT", manufacturer: "FTDI", product: "FT232R USB UART" },
    },
    { name: "ttyS0" },
    { name: "ttyS1", type: 0 },
  ]);
  await Deno.mkdir(`${machine.sys}/devices/virtual/tty/tty0`, { recursive: true });
  await Deno.symlink("../../devices/virtual/tty/tty0", `${machine.sys}/class/tty/tty0`);
  const ports = await listPorts(machine);
  deepEqual(ports.map(({ path }) => path.split("/").at(-1)), ["ttyS0", "ttyUSB2", "ttyUSB10"]);
  deepEqual(ports[1], {
    path: `${machine.dev}/ttyUSB2`,
    manufacturer: "FTDI",
    product: "FT232R USB UART",
    serialNumber: "A5XK3RJT",
    vendorId: "0403",
    productId: "6001",
    locationId: "1-1.2",
    pnpId: undefined,
    usbInterface: 0,
  });
  equal(ports[0]!.vendorId, undefined);
  equal(ports[2]!.usbInterface, 1);
  deepEqual(await new DenoBinding(machine).list(), ports);
  equal(
    describePort(ports[1]!),
    `${machine.dev}/ttyUSB2 (FTDI FT232R USB UART, serial number "A5XK3RJT", interface 0)`,
  );
  equal(describePort(ports[0]!), `${machine.dev}/ttyS0`);
  await machine.remove();
});

Deno.test("a machine without ports has an empty list", async () => {
  const machine = await fakeMachine([]);
  deepEqual(await listPorts(machine), []);
  await machine.remove();
  deepEqual(await listPorts(machine), []);
});

Deno.test("this machine's own ports can be listed", async () => {
  for (const { path } of await listPorts()) ok(path.startsWith("/dev/tty"), path);
});

Deno.test("a serial number that none or several have is told, with what there is", async () => {
  const quad = (interface_: number) => ({
    name: `ttyUSB${interface_}`,
    usb: { serial: "QUAD", interface: interface_ },
  });
  const machine = await fakeMachine([quad(0), quad(1)]);
  const binding = new DenoBinding(machine);
  const open = (path: string) => binding.open({ path, baudRate: 9600 });
  const both = `${machine.dev}/ttyUSB0 (serial number "QUAD", interface 0), ` +
    `${machine.dev}/ttyUSB1 (serial number "QUAD", interface 1)`;
  await rejects(open("usb:NONE"), {
    message: `Cannot open the serial port "usb:NONE": no port has that serial number; ` +
      `there is ${both}`,
  });
  await rejects(open("usb:QUAD"), {
    message: `Cannot open the serial port "usb:QUAD": 2 ports have that number; ` +
      `add its interface, as in "usb:QUAD#0": ${both}`,
  });
  // The right one is found; there is no device behind it here.
  await rejects(open("usb:QUAD#1"), {
    message: `Cannot open the serial port "${machine.dev}/ttyUSB1": there is no such port; ` +
      `there is ${both}`,
  });
  await machine.plug({ name: "ttyACM0", usb: { serial: "34:85:18:AB", location: "1-1.4" } });
  await rejects(open("usb:34:85:18:AB"), { message: /ttyACM0": there is no such port; / });
  await rejects(open("usb:34"), { message: /no port has that serial number/ });
  await machine.remove();
});

Deno.test("the process that holds a lock is found by the file's numbers", () => {
  const locks = [
    "1: POSIX  ADVISORY  READ 27087 fe:00:16042991 128 128",
    "2: FLOCK  ADVISORY  WRITE 4242 00:1b:5 0 EOF",
    "2: -> FLOCK  ADVISORY  WRITE 4243 00:1b:6 0 EOF",
    "3: FLOCK  ADVISORY  WRITE 0 00:1b:7 0 EOF",
  ].join("\n");
  equal(holderIn(locks, "0 27 5\n"), 4242);
  equal(holderIn(locks, "0 27 16042991"), undefined);
  equal(holderIn(locks, "0 27 7"), undefined, "a process of another namespace has no number here");
  equal(holderIn("", ""), undefined);
});

Deno.test("whatever find, grep and /proc/locks print, the parsers do not fall over", () => {
  const random = new Random("serial ports");
  const words = [
    "\0",
    "\n",
    "/",
    "..",
    "devices/",
    "ttyS0",
    "../../devices/x/y",
    "FLOCK ",
    ":",
    "1",
  ];
  for (let round = 0; round < 5000; round++) {
    let text = "";
    for (let i = random.below(12); i > 0; i--) {
      text += random.chance(0.8)
        ? words[random.below(words.length)]
        : String.fromCharCode(random.below(256));
    }
    for (const { name, folder } of parseLinks(text)) {
      ok(name !== "" && !name.includes("/") && folder.startsWith("devices/"), text);
      ok(!folder.split("/").includes(".."), "nothing outside of sysfs");
    }
    for (const value of parseValues(text).values()) ok(!value.includes("\n"));
    const pid = holderIn(text, "0 1 1");
    ok(pid === undefined || pid > 0);
  }
});
