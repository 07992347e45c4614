import { deepEqual, equal, match, ok, rejects, throws } from "node:assert/strict";
import { hostNow, ms, seconds } from "../../time/mod.ts";
import { Timeline } from "../../trace/mod.ts";
import { openConsole } from "../console/mod.ts";
import { HostClock } from "../host_clock.ts";
import { openPty } from "../pty/mod.ts";
import { type Libc, openLibc } from "./_libc.ts";
import { bytes, hashOf, limited, noise, Reading, text, withPty } from "./_wire.ts";
import { type FakeMachine, fakeMachine } from "./_machine.ts";
import { DenoBinding, serialLink, SerialUnplugged } from "./mod.ts";

const BAUD = { baudHz: 115_200 };

Deno.test("a link carries bytes both ways, exactly", () =>
  withPty(async ({ master, path }) => {
    const link = serialLink({ path, ...BAUD });
    await link.opened;
    equal(link.path, path);
    const [down, up] = [noise(20_000_000, 1), noise(20_000_000, 2)];
    const arrived = Promise.all([
      new Reading(link).take(down.length),
      new Reading(master).take(up.length),
    ]);
    const write = async (to: typeof master, data: Uint8Array) => {
      for (let at = 0; at < data.length; at += 333_333) {
        await to.write(data.subarray(at, at + 333_333));
      }
    };
    await Promise.all([write(master, down), write(link, up)]);
    deepEqual((await arrived).map(hashOf), [hashOf(down), hashOf(up)]);
    await link.close();
  }));

Deno.test("a link that nobody reads takes no more than its buffers hold", () =>
  withPty(async ({ master, path }) => {
    const link = serialLink({ path, ...BAUD });
    await link.opened;
    let done = false;
    const data = noise(2_000_000, 3);
    const writing = master.write(data).then(() => void (done = true));
    const reading = new Reading(link);
    const first = await reading.take(1_000);
    ok(!done);
    const rest = await reading.take(data.length - 1_000);
    await writing;
    equal(hashOf(new Uint8Array([...first, ...rest])), hashOf(data));
    await link.close();
  }));

Deno.test("a console lives on a link", () =>
  withPty(async ({ master, path }) => {
    const timeline = new Timeline({ write: () => {} });
    const clock = timeline.clock = new HostClock(timeline);
    const console = openConsole({
      name: "uart0",
      link: serialLink({ path, ...BAUD }),
      timeline,
      clock,
    });
    await console.write("version\n");
    equal(text(await new Reading(master).take(8)), "version\n");
    await master.write(bytes("U-Boot 2024.01\r\n=> "));
    const { groups } = await console.waitFor(/U-Boot (\S+)/, { within: seconds(10) });
    equal(groups[0], "2024.01");
    await console.close();
    equal(await console.ended, undefined);
  }));

Deno.test("closing ends the reader well, and the write that waits with an error", () =>
  withPty(async ({ path }) => {
    const link = serialLink({ path, ...BAUD });
    await link.opened;
    const reading = new Reading(link).take(10);
    const writing = rejects(link.write(noise(1_000_000, 4)), { name: "SerialClosed" });
    await link.close();
    equal((await reading).length, 0);
    await writing;
    await rejects(link.write(bytes("x")), {
      message: `Cannot write to the serial port "${path}": it is closed here; open it again`,
    });
    await rejects(link.sendBreak(), { name: "SerialClosed" });
    await link.close();
  }));

Deno.test("what cannot be opened is told by opened, by the reader and by the writer", async () => {
  const link = serialLink({ path: "/dev/ttyUSB99", ...BAUD });
  const why = {
    message: /^Cannot open the serial port "\/dev\/ttyUSB99": there is no such port; /,
  };
  await rejects(link.opened, why);
  await rejects(new Reading(link).take(1), why);
  await rejects(link.write(bytes("x")), why);
  await link.close();
});

Deno.test("exactly one of path and USB serial number names a port", () => {
  throws(() => serialLink(BAUD), {
    name: "RangeError",
    message: 'Cannot open a serial port by path "undefined" and USB serial number "undefined": ' +
      'it takes exactly one of them; give "path" or "usbSerial"',
  });
  throws(() => serialLink({ path: "/dev/ttyUSB0", usbSerial: "A5", ...BAUD }), RangeError);
});

Deno.test("a flow control that is none is refused", () => {
  const flowControl = "hardware" as "none";
  throws(() => serialLink({ path: "/dev/ttyUSB0", ...BAUD, flowControl }), {
    name: "RangeError",
    message: 'Cannot open the serial port "/dev/ttyUSB0": flowControl is "hardware"; ' +
      "give one of none, rtscts, xonxoff",
  });
});

Deno.test("the other side's XOFF holds what we send until its XON", () =>
  withPty(async ({ master, path }) => {
    const link = serialLink({ path, ...BAUD, flowControl: "xonxoff" });
    await link.opened;
    const [ours, theirs] = [new Reading(link), new Reading(master)];
    await master.write(bytes("\x13a"));
    equal(text(await ours.take(1)), "a", "XOFF is not data, and has been heard");
    const held = bytes("held");
    const writing = link.write(held);
    let arrived = "";
    const arriving = theirs.take(held.length).then((got) => void (arrived = text(got)));
    await master.write(bytes("b"));
    equal(text(await ours.take(1)), "b");
    equal(arrived, "");
    await master.write(bytes("\x11"));
    await Promise.all([writing, arriving]);
    equal(arrived, "held");
    await link.close();
  }));

Deno.test("the rate can be changed, and a link without lines says so", () =>
  withPty(async ({ path }) => {
    const link = serialLink({ path, ...BAUD });
    await link.setBaud(9600);
    const stty = new Deno.Command("stty", { args: ["-F", path, "speed"] });
    equal(text((await limited(stty.output())).stdout), "9600\n");
    await rejects(link.lines(), { message: /TIOCMGET says ENOTTY/ });
    equal(link.lineErrors(), undefined);
    await link.drain();
    await link.flush();
    await link.close();
  }));

Deno.test("a break lasts as long as it was asked for, after what was written is sent", () =>
  withPty(async ({ path }) => {
    const asked: [request: number, t: number][] = [];
    let left = 3;
    const libc = (): Libc => {
      const real = openLibc();
      const { ioctl, ioctl_value } = real.symbols;
      const symbols: Libc["symbols"] = {
        ...real.symbols,
        ioctl(fd, request, argument) {
          if (request !== TIOCOUTQ) return ioctl(fd, request, argument);
          new DataView((argument as Uint8Array<ArrayBuffer>).buffer).setInt32(0, left--, true);
          return 0;
        },
        ioctl_value(fd, request, value) {
          asked.push([request, hostNow()]);
          return ioctl_value(fd, request, value);
        },
      };
      return { symbols, close: () => real.close() };
    };
    const link = serialLink({ path, ...BAUD, binding: new DenoBinding({ libc }) });
    await link.opened;
    asked.length = 0;
    await link.sendBreak({ hold: ms(20) });
    equal(left, -1, "it was asked until nothing was left");
    deepEqual(asked.map(([request]) => request), [TIOCSBRK, TIOCCBRK]);
    ok(asked[1]![1] - asked[0]![1] >= 20e6);
    await link.close();
  }));

const [TIOCOUTQ, TIOCSBRK, TIOCCBRK] = [0x5411, 0x5427, 0x5428];

const ADAPTER = { name: "ttyUSB0", usb: { serial: "A5XK3RJT", product: "FT232R USB UART" } };

async function withMachine(body: (machine: FakeMachine) => Promise<void>): Promise<void> {
  const machine = await fakeMachine([]);
  try {
    await limited(body(machine));
  } finally {
    await machine.remove();
  }
}

Deno.test("an adapter that is pulled is told with its serial number, after what it sent", () =>
  withMachine(async (machine) => {
    const pty = openPty({ stays: true });
    await machine.plug(ADAPTER, pty.path);
    const link = serialLink({
      usbSerial: "A5XK3RJT",
      ...BAUD,
      binding: new DenoBinding(machine),
    });
    await link.opened;
    const reading = new Reading(link);
    await pty.master.write(bytes("bye"));
    equal(text(await reading.take(3)), "bye");
    await pty.close();
    const path = `${machine.dev}/ttyUSB0`;
    const why = {
      name: "SerialUnplugged",
      path,
      usbSerial: "A5XK3RJT",
      message: `Cannot use the serial port "${path}" (USB serial number "A5XK3RJT"): ` +
        `it was unplugged; plug it in again`,
    };
    await rejects(reading.take(1), why);
    await rejects(link.write(bytes("x")), why);
    await link.close();
  }));

Deno.test("an adapter that comes back under another path is found by its serial number", () =>
  withMachine(async (machine) => {
    const [first, second] = [openPty({ stays: true }), openPty({ stays: true })];
    await machine.plug(ADAPTER, first.path);
    const told: string[] = [];
    const link = serialLink({
      usbSerial: "A5XK3RJT",
      ...BAUD,
      binding: new DenoBinding(machine),
      reconnect: {
        within: seconds(30),
        onLost: (error) => void told.push(`lost ${error.usbSerial}`),
        onBack: (path) => void told.push(`back ${path.split("/").at(-1)}`),
      },
    });
    await link.opened;
    await link.setBaud(57_600);
    const reading = new Reading(link);
    await first.master.write(bytes("one"));
    equal(text(await reading.take(3)), "one");
    await machine.unplug("ttyUSB0");
    await first.close();
    await machine.plug({ ...ADAPTER, name: "ttyUSB1" }, second.path);
    await second.master.write(bytes("two"));
    equal(text(await reading.take(3)), "two");
    await link.write(bytes("three"));
    equal(text(await new Reading(second.master).take(5)), "three");
    deepEqual(told, ["lost A5XK3RJT", "back ttyUSB1"]);
    const stty = new Deno.Command("stty", { args: ["-F", second.path, "speed"] });
    equal(text((await stty.output()).stdout), "57600\n", "the rate that it had");
    await link.close();
    await second.close();
  }));

Deno.test("a write waits for an adapter that is away, and both give up when it stays away", () =>
  withMachine(async (machine) => {
    const pty = openPty({ stays: true });
    await machine.plug(ADAPTER, pty.path);
    const { promise: lost, resolve: onLost } = Promise.withResolvers<SerialUnplugged>();
    const link = serialLink({
      path: `${machine.dev}/ttyUSB0`,
      ...BAUD,
      binding: new DenoBinding(machine),
      reconnect: { within: ms(300), onLost },
    });
    await link.opened;
    const reading = new Reading(link).take(1);
    await machine.unplug("ttyUSB0");
    await pty.close();
    const path = `${machine.dev}/ttyUSB0`;
    const why = {
      name: "SerialUnplugged",
      message: `Cannot use the serial port "${path}" (USB serial number "A5XK3RJT"): it was ` +
        `unplugged and was not back within 300 ms; plug it in again`,
    };
    const told = rejects(reading, (error: Error) => {
      equal(error.message, why.message);
      match((error.cause as Error).message, /there is no such port; this machine has none/);
      return true;
    });
    match((await lost).message, /it was unplugged; plug it in again$/);
    await rejects(link.write(bytes("x")), why);
    await told;
    await link.close();
  }));

Deno.test("closing ends the wait for an adapter", () =>
  withMachine(async (machine) => {
    const pty = openPty({ stays: true });
    await machine.plug(ADAPTER, pty.path);
    const { promise: lost, resolve: onLost } = Promise.withResolvers<SerialUnplugged>();
    const binding = new DenoBinding(machine);
    const path = `${machine.dev}/ttyUSB0`;
    const reconnect = { within: seconds(3600), onLost };
    const link = serialLink({ path, ...BAUD, binding, reconnect });
    await link.opened;
    const reading = new Reading(link).take(1);
    await machine.unplug("ttyUSB0");
    await pty.close();
    await lost;
    await link.close();
    equal((await reading).length, 0);
  }));
