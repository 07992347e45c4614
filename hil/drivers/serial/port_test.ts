/** One suite for the binding: on a pseudo-terminal pair, under load, both ways. */
import { SerialPortStream } from "@serialport/stream";
import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { clearImmediate, setImmediate } from "node:timers";
import { type Libc, openLibc } from "./_libc.ts";
import { bytes, hashOf, limited, noise, Reading, text, withPty } from "./_wire.ts";
import { DenoBinding, type DenoPort, SerialBusy } from "./mod.ts";

const binding = new DenoBinding();

async function withPort(
  path: string,
  body: (port: DenoPort) => Promise<void>,
  options: Partial<Parameters<DenoBinding["open"]>[0]> = {},
  from = binding,
): Promise<void> {
  const port = await from.open({ path, baudRate: 115_200, ...options });
  try {
    await body(port);
  } finally {
    await port.close();
  }
}

/** Reads until `size` bytes are there, `length` at most at once. */
async function readBy(port: DenoPort, size: number, length: number): Promise<Uint8Array> {
  const buffer = Buffer.alloc(size);
  for (let at = 0; at < size;) {
    const { bytesRead } = await port.read(buffer, at, Math.min(length, size - at));
    ok(bytesRead > 0 && bytesRead <= length);
    at += bytesRead;
  }
  return buffer;
}

Deno.test("24 MB each way at once arrive exactly", () =>
  withPty(async ({ master, path }) => {
    await withPort(path, async (port) => {
      const [down, up] = [noise(24_000_000, 1), noise(24_000_000, 2)];
      const arrived = Promise.all([
        readBy(port, down.length, 65_536),
        new Reading(master).take(up.length),
      ]);
      await Promise.all([master.write(down), port.write(up)]);
      deepEqual((await arrived).map(hashOf), [hashOf(down), hashOf(up)]);
    });
  }));

Deno.test("the event loop turns while bytes come and go without end", () =>
  withPty(async ({ path }) => {
    const libc = (): Libc => {
      const real = openLibc();
      const all = (_fd: number, _data: unknown, size: number) => size;
      return { symbols: { ...real.symbols, read: all, write: all }, close: () => real.close() };
    };
    await withPort(
      path,
      async (port) => {
        let [count, turnedAt, longest] = [0, 0, 0];
        const look = () => {
          longest = Math.max(longest, count - turnedAt);
          turnedAt = count;
        };
        let turning = setImmediate(function turn() {
          look();
          turning = setImmediate(turn);
        });
        const buffer = Buffer.alloc(4096);
        while (count < 4_000_000) {
          count += (await port.read(buffer, 0, buffer.length)).bytesRead;
          await port.write(buffer);
          count += buffer.length;
        }
        clearImmediate(turning);
        look();
        ok(longest <= 2 * 65_536, `${longest} bytes in one turn`);
      },
      {},
      new DenoBinding({ libc }),
    );
  }));

Deno.test("odd sizes of reads and writes lose and move nothing", () =>
  withPty(async ({ master, path }) => {
    await withPort(path, async (port) => {
      const data = noise(100_003, 3);
      const reading = new Reading(master);
      for (const size of [1, 7, 4095, 4096, 4097, 99_991]) {
        const part = data.subarray(0, Math.min(data.length, size * 2000));
        const [read] = await Promise.all([readBy(port, part.length, size), master.write(part)]);
        equal(hashOf(read), hashOf(part), `${size} bytes a read`);
        const arrived = reading.take(part.length);
        for (let at = 0; at < part.length; at += size) {
          await port.write(part.subarray(at, at + size));
        }
        equal(hashOf(await arrived), hashOf(part), `${size} bytes a write`);
      }
    });
  }));

Deno.test("a write waits for room: nothing is kept in memory instead", () =>
  withPty(async ({ master, path }) => {
    await withPort(path, async (port) => {
      const data = noise(1_000_000, 4);
      let done = false;
      const writing = port.write(data).then(() => void (done = true));
      const reading = new Reading(master);
      const first = await reading.take(100_000);
      ok(!done, "a megabyte has been taken while 100 kB were read");
      const rest = await reading.take(900_000);
      await writing;
      equal(hashOf(Buffer.concat([first, rest])), hashOf(data));
    });
  }));

Deno.test("closing cancels the read and the write that wait", () =>
  withPty(async ({ path }) => {
    const port = await binding.open({ path, baudRate: 9600 });
    const reading = port.read(Buffer.alloc(10), 0, 10);
    const writing = port.write(new Uint8Array(1_000_000));
    const ended = Promise.all([
      rejects(reading, {
        name: "SerialClosed",
        canceled: true,
        message: `Cannot read from the serial port "${path}": it is closed here; open it again`,
      }),
      rejects(writing, { name: "SerialClosed", canceled: true }),
    ]);
    await port.close();
    await ended;
    equal(port.isOpen, false);
    await port.close();
    await rejects(port.flush(), { name: "SerialClosed" });
    await rejects(port.drain(), { name: "SerialClosed" });
  }));

Deno.test("a hang-up is told, once all that came before is read", () =>
  withPty(async (pty) => {
    await withPort(pty.path, async (port) => {
      await pty.master.write(bytes("last words"));
      equal(text(await readBy(port, 10, 10)), "last words");
      const reading = port.read(Buffer.alloc(10), 0, 10);
      const told = rejects(reading, {
        name: "SerialUnplugged",
        path: pty.path,
        usbSerial: undefined,
        message: `Cannot use the serial port "${pty.path}": its other side hung up; ` +
          `open it again when that is back`,
      });
      await pty.close();
      await told;
      await rejects(port.write(bytes("x")), { name: "SerialUnplugged" });
      await rejects(port.getBaudRate(), { name: "SerialUnplugged" });
      ok(port.lost);
    });
  }, {}));

Deno.test("settings are what stty reads back", () =>
  withPty(async ({ path }) => {
    const options = { baudRate: 57_600, stopBits: 2, rtscts: true, xon: true, xany: true } as const;
    await withPort(path, async (port) => {
      const said = await stty(path);
      match(said, /^speed 57600 baud;/);
      for (
        const word of ["cs8", "cstopb", "crtscts", "ixon", "-ixoff", "ixany", "clocal", "hupcl"]
      ) {
        match(said, new RegExp(`(^|\\s)${word}\\b`), word);
      }
      for (const word of ["icanon", "echo", "opost", "isig", "icrnl", "parenb", "ignpar"]) {
        match(said, new RegExp(`(^|\\s)-${word}\\b`), word);
      }
      match(said, /min = 1; time = 0/);
      deepEqual(await port.getBaudRate(), { baudRate: 57_600 });
      await port.update({ baudRate: 115_200 });
      match(await stty(path), /^speed 115200 baud;/);
    }, options);
  }));

Deno.test("any rate is set, not only those with a name", () =>
  withPty(async ({ path }) => {
    for (const baudRate of [1, 250_000, 123_457, 12_000_000]) {
      await withPort(path, async (port) => {
        deepEqual(await port.getBaudRate(), { baudRate });
      }, { baudRate });
    }
  }));

Deno.test("a rate that is none is refused", () =>
  withPty(async ({ path }) => {
    for (const baudRate of [0, -9600, 1.5, NaN, 2 ** 32]) {
      await rejects(binding.open({ path, baudRate }), {
        name: "RangeError",
        message: `Cannot set the rate of the serial port "${path}" to "${baudRate}" Bd: ` +
          `it is not a whole number from 1 to 2^32 - 1; give one`,
      });
    }
    await withPort(path, (port) => rejects(port.update({ baudRate: 0 }), RangeError));
  }));

Deno.test("what the driver silently leaves out is told: pseudo-terminals have 8 bits, no parity", () =>
  withPty(async ({ path }) => {
    const refusal = (what: string) => ({
      name: "RangeError",
      message: `Cannot set up the serial port "${path}": its driver does not take ${what}; ` +
        `choose what it can do`,
    });
    const options = { path, baudRate: 9600 };
    await rejects(binding.open({ ...options, dataBits: 7 }), refusal("data bits 7: it has 8"));
    await rejects(
      binding.open({ ...options, parity: "even" }),
      refusal("parity even: it has none"),
    );
  }));

Deno.test("a rate that the driver cannot make is told, one that it makes nearly is taken", () =>
  withPty(async ({ path }) => {
    let made = 0;
    const libc = (): Libc => {
      const real = openLibc();
      const ioctl: typeof real.symbols.ioctl = (fd, request, argument) => {
        const result = real.symbols.ioctl(fd, request, argument);
        const view = new DataView((argument as Uint8Array<ArrayBuffer>).buffer);
        if (request === 0x802c_542a) view.setUint32(40, made, true);
        return result;
      };
      return { symbols: { ...real.symbols, ioctl }, close: () => real.close() };
    };
    const slow = new DenoBinding({ libc });
    made = 115_200;
    await rejects(slow.open({ path, baudRate: 4_000_000 }), {
      name: "RangeError",
      message: `Cannot set up the serial port "${path}": its driver does not take 4000000 Bd: ` +
        "it made that 115200; choose what it can do",
    });
    made = 245_000 + 1;
    await withPort(path, () => Promise.resolve(), { baudRate: 250_000 }, slow);
  }));

Deno.test("what a port sent before it was unplugged is read first", () =>
  withPty(async (pty) => {
    const real = openLibc();
    const left = [0, 3];
    const libc: Libc = {
      symbols: { ...real.symbols, read: (_fd, _buffer, _size) => left.shift() ?? 0 },
      close: () => real.close(),
    };
    await withPort(
      pty.path,
      async (port) => {
        await pty.close();
        const { bytesRead } = await port.read(Buffer.alloc(8), 0, 8);
        equal(bytesRead, 3);
        await rejects(port.read(Buffer.alloc(8), 0, 8), { name: "SerialUnplugged" });
      },
      {},
      new DenoBinding({ libc: () => libc }),
    );
  }));

Deno.test("settings that are none of a serial port are refused", async () => {
  const wrong: [Record<string, unknown>, string][] = [
    [{ dataBits: 9 }, 'dataBits is "9"; give 5, 6, 7 or 8'],
    [{ stopBits: 1.5 }, 'stopBits is "1.5"; give 1 or 2 with 8 data bits'],
    [{ stopBits: 2, dataBits: 5 }, 'stopBits is "2"; give 1 or 1.5 with 5 data bits'],
    [{ parity: "uneven" }, 'parity is "uneven"; give one of none, even, odd, mark, space'],
  ];
  for (const [options, what] of wrong) {
    await rejects(binding.open({ path: "/dev/ttyUSB0", baudRate: 9600, ...options }), {
      name: "RangeError",
      message: `Cannot open the serial port "/dev/ttyUSB0": ${what}`,
    });
  }
});

Deno.test("a port that another program has is refused, and the program named", () =>
  withPty(async ({ path }) => {
    const script = "echo locked; exec cat";
    const other = new Deno.Command("flock", {
      args: [path, "sh", "-c", script],
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    try {
      equal(text((await other.stdout.getReader().read()).value!), "locked\n");
      await rejects(binding.open({ path, baudRate: 9600 }), {
        name: "SerialBusy",
        message: new RegExp(
          `^Cannot open the serial port "${path}": "[^"]*flock ${path} sh -c ${script}" ` +
            `[(]process ${other.pid}[)] has it; end that$`,
        ),
      });
      await withPort(path, () => Promise.resolve(), { lock: false });
    } finally {
      await other.stdin.close();
      await other.status;
    }
    await withPort(path, () => Promise.resolve());
  }));

Deno.test("a port that is open here is not opened twice, and is free once it is closed", () =>
  withPty(async ({ path }) => {
    await withPort(path, () =>
      rejects(binding.open({ path, baudRate: 9600 }), (error: Error) => {
        ok(error instanceof SerialBusy);
        match(error.message, /"this process" \(process \d+\) has it; end that$/);
        return true;
      }));
    await withPort(path, async () => {
      const locked = new Deno.Command("flock", { args: ["-n", path, "true"] });
      equal((await locked.output()).code, 1, "flock finds it taken");
    });
    const freed = new Deno.Command("flock", { args: ["-n", path, "true"] });
    equal((await freed.output()).code, 0);
  }));

Deno.test("a port that is not there, or no port, is told", async () => {
  await rejects(binding.open({ path: "/dev/ttyUSB99", baudRate: 9600 }), {
    message:
      /^Cannot open the serial port "\/dev\/ttyUSB99": there is no such port; (there is \/dev\/|this machine has none: plug it in)/,
  });
  await rejects(binding.open({ path: "/dev/null", baudRate: 9600 }), {
    message: `Cannot open the serial port "/dev/null": it is no serial port; name one`,
  });
});

Deno.test("a user who may not is told which group may", async () => {
  const denied = faulty({ open: () => -1 }, 13);
  await rejects(
    new DenoBinding({ libc: () => denied }).open({ path: "/dev/null", baudRate: 9600 }),
    {
      message: `Cannot open the serial port "/dev/null": this user may not; ` +
        `run "sudo usermod -aG dialout $USER" and log in again`,
    },
  );
});

Deno.test("a port that another user's program has to itself is told as taken", () =>
  withPty(async ({ path }) => {
    const busy = faulty({ open: () => -1 }, 16);
    await rejects(new DenoBinding({ libc: () => busy }).open({ path, baudRate: 9600 }), {
      name: "SerialBusy",
      message: `Cannot open the serial port "${path}": a program has it; ` +
        `find it with "fuser ${path}" and end it`,
    });
  }));

Deno.test("break, DTR, RTS and modem lines are what the driver is asked for", () =>
  withPty(async ({ path }) => {
    const asked: string[] = [];
    let lines = 0;
    const real = openLibc();
    const libc: Libc = {
      symbols: {
        ...real.symbols,
        ioctl(fd, request, argument) {
          const view = new DataView((argument as Uint8Array<ArrayBuffer>).buffer);
          if (request === 0x5416) lines |= view.getInt32(0, true);
          else if (request === 0x5417) lines &= ~view.getInt32(0, true);
          else if (request === 0x5415) view.setInt32(0, lines | 0x120, true);
          else if (request === 0x545d) view.setInt32(28, 5, true);
          else return real.symbols.ioctl(fd, request, argument);
          return 0;
        },
        ioctl_value(fd, request, value) {
          if (request !== 0x5427 && request !== 0x5428) {
            return real.symbols.ioctl_value(fd, request, value);
          }
          asked.push(request === 0x5427 ? "break on" : "break off");
          return 0;
        },
      },
      close: () => real.close(),
    };
    const faked = new DenoBinding({ libc: () => libc });
    await withPort(
      path,
      async (port) => {
        await port.set({ dtr: true, rts: true });
        deepEqual(await port.lines(), {
          ...{ dtr: true, rts: true, cts: true, dsr: true, dcd: false, ri: false },
        });
        await port.set({ rts: false });
        equal(lines, 2, "DTR is left alone");
        deepEqual(await port.get(), { cts: true, dsr: true, dcd: false });
        await port.set({ brk: true });
        await port.set({ brk: false });
        deepEqual(asked, ["break on", "break off"]);
        equal(port.lineErrors()?.overrun, 5);
      },
      {},
      faked,
    );
  }));

Deno.test("a port without modem lines says so", () =>
  withPty(async ({ path }) => {
    await withPort(path, async (port) => {
      await rejects(port.get(), {
        message: `Cannot read lines of the serial port "${path}": its driver does not do that ` +
          `(TIOCMGET says ENOTTY); use a port that does`,
      });
      equal(port.lineErrors(), undefined);
    });
  }));

Deno.test("flush drops what has come and was not read; drain waits for what is written", () =>
  withPty(async ({ master, path }) => {
    await withPort(path, async (port) => {
      await master.write(bytes("stale"));
      await port.flush();
      await master.write(bytes("fresh"));
      equal(text(await readBy(port, 5, 5)), "fresh");
      await port.write(bytes("out"));
      await port.drain();
      equal(text(await new Reading(master).take(3)), "out");
    });
  }));

Deno.test("a drain that is held up ends when the port is closed", () =>
  withPty(async ({ path }) => {
    const real = openLibc();
    const held: Libc = {
      symbols: {
        ...real.symbols,
        ioctl(fd, request, argument) {
          if (request !== 0x5411) return real.symbols.ioctl(fd, request, argument);
          (argument as Uint8Array<ArrayBuffer>)[0] = 1;
          return 0;
        },
      },
      close: () => real.close(),
    };
    const port = await new DenoBinding({ libc: () => held }).open({ path, baudRate: 9600 });
    const ended = rejects(port.drain(), { name: "SerialClosed" });
    await port.close();
    await ended;
  }));

Deno.test("the stream of @serialport/stream runs on it", () =>
  withPty(async (pty) => {
    const stream = new SerialPortStream({ binding, path: pty.path, baudRate: 115_200 });
    const [down, up] = [noise(3_000_000, 5), noise(3_000_000, 6)];
    const received: Uint8Array[] = [];
    const { promise, resolve } = Promise.withResolvers<void>();
    let count = 0;
    stream.on("data", (chunk: Buffer) => {
      received.push(chunk);
      if ((count += chunk.length) === down.length) resolve();
    });
    stream.write(up);
    const arrived = new Reading(pty.master).take(up.length);
    await pty.master.write(down);
    await promise;
    equal(hashOf(Buffer.concat(received)), hashOf(down));
    equal(hashOf(await arrived), hashOf(up));
    const closed = new Promise<Error>((resolve) => stream.on("close", resolve));
    await pty.close();
    match((await closed).message, /its other side hung up/);
  }));

Deno.test("opening and closing many leaves no descriptor behind", () =>
  withPty(async ({ path }) => {
    const before = await descriptors();
    for (let i = 0; i < 30; i++) {
      const port = await binding.open({ path, baudRate: 9600 });
      const reading = port.read(Buffer.alloc(1), 0, 1).catch(() => {});
      await port.close();
      await reading;
      await binding.open({ path, baudRate: 9600, dataBits: 7 }).catch(() => {});
    }
    equal(await descriptors(), before);
  }));

Deno.test("without the permission for FFI the message names it", async () => {
  const script = `import { DenoBinding } from ${JSON.stringify(import.meta.resolve("./mod.ts"))};
    await new DenoBinding().open({ path: "/dev/pts/0", baudRate: 9600 })
      .catch((error) => console.log(error.message))`;
  const config = new URL("../../../deno.json", import.meta.url).pathname;
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--no-prompt", "--no-check", "--allow-run", "--allow-env", "--config", config],
      `data:application/typescript,${encodeURIComponent(script)}`,
    ],
  }).output();
  equal(
    text(stdout),
    "Cannot use serial ports: Deno may not call the C library; run it with --allow-ffi\n",
  );
});

/** The C library, but some calls fail with one number. */
function faulty(calls: Partial<Libc["symbols"]>, errno: number): Libc {
  const real = openLibc();
  const number = new Int32Array([errno]);
  const __errno_location = () => Deno.UnsafePointer.of(number);
  return { symbols: { ...real.symbols, ...calls, __errno_location }, close: () => real.close() };
}

async function stty(path: string): Promise<string> {
  const { stdout } = await limited(new Deno.Command("stty", { args: ["-F", path, "-a"] }).output());
  return text(stdout);
}

/** Terminals and eventfds of this process. */
async function descriptors(): Promise<number> {
  const command = new Deno.Command("ls", { args: ["-l", `/proc/${Deno.pid}/fd`] });
  return text((await command.output()).stdout).match(/ptmx|pts|eventfd/g)?.length ?? 0;
}
