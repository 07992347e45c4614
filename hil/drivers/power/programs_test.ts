import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { Random } from "../../time/mod.ts";
import { openPty } from "../pty/mod.ts";
import { limited, withPrograms } from "./_relay.ts";
import { gpiodVersion, lineValue } from "./gpio_lines.ts";
import { terminalOf } from "./manual.ts";
import { openPower, powerTools } from "./mod.ts";
import { portState } from "./uhubctl.ts";

const QUICK = { offTimeMs: 0, pauseMs: 1, retries: 0 };

Deno.test("a program gets its arguments as they are: no shell looks at them", () =>
  withPrograms({ switcher: "" }, async ({ calls, folder }) => {
    const on = ["switcher", "--on", "a b", `$(touch ${folder}/x)`, "; echo", 7, ""];
    const power = openPower({ kind: "command", on, off: ["switcher", "--off"], ...QUICK });
    await power.on();
    await power.off();
    deepEqual(calls(), [on.map(String), ["switcher", "--off"]]);
    equal(await power.state(), undefined);
  }));

Deno.test("a program says by its exit status, or by what it prints, whether power is on", () =>
  withPrograms({
    switcher: 'case $1 in on|off) echo "$1" >"${0%/*}/is" ;; *) grep -q on "${0%/*}/is" ;; esac',
    say: 'cat "${0%/*}/is"',
    broken: "echo the relay board is gone >&2; exit 4",
  }, async () => {
    const config = { kind: "command", on: ["switcher", "on"], off: ["switcher", "off"], ...QUICK };
    for (const state of [{ state: ["switcher", "?"] }, { state: ["say"], isOn: "^on$" }]) {
      const power = openPower({ ...config, ...state });
      await power.off();
      equal(await power.state(), false);
      await power.on();
      equal(await power.state(), true);
    }
    await rejects(openPower({ ...config, state: ["broken", "-q"] }).state(), {
      name: "PowerError",
      message: 'Cannot read the state of the power "switcher": "broken -q" ended with 4 and said ' +
        '"the relay board is gone"; run it by hand to see why',
    });
  }));

Deno.test("a program that is not there is told, and one that hangs is ended", () =>
  withPrograms({ hang: 'echo $$ >"${0%/*}/pid"; exec sleep 1000' }, async ({ folder }) => {
    const command = (...on: string[]) =>
      openPower({ kind: "command", on, off: on, ...QUICK, limitMs: 500 });
    await rejects(command("no-such-switcher").on(), {
      message: 'Cannot switch on the power "no-such-switcher": there is no program ' +
        '"no-such-switcher"; install it, or correct its name',
    });
    await rejects(command("hang").off(), {
      message: 'Cannot switch off the power "hang": it has not answered within 500 ms; ' +
        'look whether it is there, or give more "limitMs"',
    });
    const pid = Number(await Deno.readTextFile(`${folder}/pid`));
    // It has had its signal; it is gone as soon as it is waited for.
    const alive = () =>
      new Deno.Command("kill", { args: ["-0", `${pid}`], stderr: "null" }).output();
    await limited((async () => {
      while ((await alive()).success);
    })());
  }));

const HUB =
  `Current status for hub 1-1 [2109:2813 VIA Labs, Inc. USB2.0 Hub, USB 2.10, 4 ports, ppps]
  Port 1: 0507 power highspeed suspend enable connect [0bda:8153 Realtek USB 10/100/1000 LAN]
  Port 2: 0103 power enable connect [0403:6001 FTDI FT232R USB UART A5XK3RJT]
  Port 3: 0000 off
  Port 12: 0100 power
`;

Deno.test("uhubctl's ports are read, whatever their devices are called", () => {
  equal(portState(HUB, 1), true);
  equal(portState(HUB, 2), true);
  equal(portState(HUB, 3), false);
  equal(portState(HUB, 12), true);
  equal(portState(HUB, 4), undefined);
  equal(portState("  Port 2: 0000 off [a power bank]", 2), false);
  // USB 3: powered ports show more.
  equal(portState("  Port 1: 02a0 power 5gbps Rx.Detect", 1), true);
});

Deno.test("uhubctl is told hub and port, and believed only when the hub says so", () =>
  withPrograms({
    uhubctl: `
      echo "Current status for hub 1-1 [x]"
      echo "  Port 2: 0103 power enable connect [0403:6001 FTDI]"
      case "$*" in
        *"-a off"*) echo "New status for hub 1-1 [x]"; echo "  Port 2: $(cat "\${0%/*}/off")" ;;
      esac`,
  }, async ({ calls, folder }) => {
    await Deno.writeTextFile(`${folder}/off`, "0000 off");
    const power = openPower({ kind: "uhubctl", location: "1-1", port: 2, ...QUICK });
    equal(await power.state(), true);
    await rejects(power.off(), { message: /took the command, but says that it is on/ });
    deepEqual(calls(), [
      ["uhubctl", "-l", "1-1", "-p", "2"],
      ["uhubctl", "-l", "1-1", "-p", "2", "-a", "off"],
      ["uhubctl", "-l", "1-1", "-p", "2"],
    ]);
    await Deno.writeTextFile(`${folder}/off`, "0100 power");
    await rejects(power.off(), {
      message: 'Cannot switch off the power "port 2 of the USB hub 1-1": the hub still says that ' +
        "it is on; use a hub that switches power",
    });
  }));

Deno.test("what uhubctl says when there is no hub is in the error", () =>
  withPrograms({
    uhubctl: "echo No compatible devices detected at location 9-9! >&2; exit 1",
  }, async () => {
    const power = openPower({ kind: "uhubctl", location: "9-9", port: 2, ...QUICK });
    await rejects(power.on(), {
      message: 'Cannot read the state of the power "port 2 of the USB hub 9-9": "uhubctl -l 9-9 ' +
        '-p 2" ended with 1 and said "No compatible devices detected at location 9-9!"; ' +
        "run it by hand to see why",
    });
  }));

Deno.test("gpioset of libgpiod 1 and 2 is told chip, line and level", async () => {
  for (
    const [version, words] of [
      ["v1.6.3", ["--active-low", "--mode=exit", "gpiochip0", "17=1"]],
      ["v2.1", ["--active-low", "--toggle=0", "--chip", "gpiochip0", "17=1"]],
    ] as const
  ) {
    await withPrograms({ gpioset: `echo "gpioset (libgpiod) ${version}"` }, async ({ calls }) => {
      const config = { kind: "gpiod", chip: "gpiochip0", line: 17, activeLow: true };
      await openPower({ ...config, ...QUICK }).on();
      deepEqual(calls(), [["gpioset", "--version"], ["gpioset", ...words]]);
    });
  }
});

async function withSysfs(body: (root: string) => Promise<void>): Promise<void> {
  const root = await Deno.makeTempDir({ prefix: "hil-power-" });
  try {
    await Deno.writeTextFile(`${root}/export`, "");
    await Deno.mkdir(`${root}/gpio66`);
    await limited(body(root));
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

Deno.test("a line in sysfs is exported, and gets direction and level at once", () =>
  withSysfs(async (root) => {
    const read = (file: string) => Deno.readTextFile(`${root}/${file}`);
    const config = { kind: "gpio-sysfs", gpio: 66, root, ...QUICK };
    const power = openPower(config);
    // The kernel makes the line's files when it is exported, and the value when it is set.
    await Deno.writeTextFile(`${root}/gpio66/value`, "1\n");
    await power.on();
    equal(await read("export"), "66");
    equal(await read("gpio66/direction"), "high");
    await Deno.writeTextFile(`${root}/gpio66/direction`, "out\n");
    equal(await power.state(), true);
    await power.off();
    equal(await read("gpio66/value"), "0");
    equal(await power.state(), false);
    equal(await openPower({ ...config, activeLow: true }).state(), true);
    await Deno.writeTextFile(`${root}/gpio66/direction`, "in\n");
    equal(await power.state(), false, "a line that nobody drives");
    await Deno.writeTextFile(`${root}/gpio66/value`, "1\n");
    await openPower({ ...config, activeLow: true }).off();
    equal(await read("gpio66/direction"), "high");
  }));

Deno.test("a line in sysfs that says nonsense, or that is not there, is told", () =>
  withSysfs(async (root) => {
    const power = openPower({ kind: "gpio-sysfs", gpio: 66, root, ...QUICK });
    await Deno.writeTextFile(`${root}/gpio66/direction`, "out\n");
    await Deno.writeTextFile(`${root}/gpio66/value`, "perhaps\n");
    await rejects(power.state(), {
      message: `Cannot read the state of the power "GPIO 66 in ${root}": it has the value ` +
        `"perhaps"; look at ${root}/gpio66`,
    });
    const none = openPower({ kind: "gpio-sysfs", gpio: 7, root: `${root}/none`, ...QUICK });
    await rejects(none.off(), {
      message:
        /"tee \S+\/none\/export" ended with 1 and said "\S*tee: .*No such file or directory"; /,
    });
  }));

Deno.test("a person is asked on the terminal, and power is on when they press Enter", async () => {
  const pty = openPty({ stays: true });
  const stty = new Deno.Command("stty", { args: ["-F", pty.path, "icanon", "icrnl"] });
  await stty.output();
  const reader = pty.master.readable.getReader();
  const config = { kind: "manual", what: "the board", terminal: pty.path, ...QUICK };
  const asked = openPower(config).on();
  let said = "";
  while (!said.includes("Enter: ")) said += new TextDecoder().decode((await reader.read()).value);
  equal(said, "\r\nPlease switch on the board, then press Enter: ");
  await pty.master.write(Uint8Array.of(0x0d));
  await limited(asked);

  const nobody = openPower(config).off();
  await pty.master.write(Uint8Array.of(0x04)); // Ctrl-D
  await limited(rejects(nobody, {
    message: `Cannot switch off the power "the board": nobody answers on ${pty.path}; ` +
      "run it in a terminal",
  }));

  const late = openPower({ ...config, limitMs: 100 }).off();
  await limited(rejects(late, {
    message: 'Cannot switch off the power "the board": it has not answered within 100 ms; look ' +
      'whether it is there, or give more "limitMs"',
  }));
  const hungUp = openPower(config).off();
  await pty.close();
  await limited(rejects(hungUp, { name: "PowerError" }));
});

Deno.test("a process without a terminal, as a scenario's, asks on its parent's", async () => {
  const script = `import { openPower } from ${JSON.stringify(import.meta.resolve("./mod.ts"))};
    await openPower({ kind: "manual", what: "the board", offTimeMs: 0 }).on();
    console.log("switched");`;
  const config = new URL("../../../deno.json", import.meta.url).pathname;
  const url = `data:application/typescript,${encodeURIComponent(script)}`;
  const deno = `${Deno.execPath()} run --no-check --allow-run --allow-env --allow-read`;
  const child = new Deno.Command("script", {
    args: ["-qec", `setsid -w ${deno} --config ${config} '${url}'`, "/dev/null"],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let said = "";
  const until = async (wanted: string) => {
    while (!said.includes(wanted)) {
      const { value } = await limited(reader.read());
      if (value === undefined) throw new Error(`"${wanted}" was not said, but: ${said}`);
      said += value;
    }
  };
  await until("Please switch on the board, then press Enter: ");
  const keys = child.stdin.getWriter();
  await keys.write(new TextEncoder().encode("\n"));
  await until("switched");
  await keys.close();
  await reader.cancel();
  ok((await limited(child.status)).success);
});

Deno.test("the terminal of a process is read from its status", () => {
  const stat = (tty: number) => `4242 (a) b (c)) S 1 2 3 ${tty} -1 0 0`;
  equal(terminalOf(stat(0x8803)), "/dev/pts/3");
  equal(terminalOf(stat(0x8903)), "/dev/pts/259");
  equal(terminalOf(stat(0x0402)), "/dev/tty2");
  equal(terminalOf(stat(0x0440)), "/dev/ttyS0");
  equal(terminalOf(stat(0)), undefined);
  equal(terminalOf(""), undefined);
});

Deno.test("the programs that a switch needs are known", () => {
  const [tool] = powerTools({ kind: "uhubctl", location: "1-1", port: 2 });
  equal(tool!.debianPackage, "uhubctl");
  deepEqual(powerTools({ kind: "web-relay", url: "http://10.0.0.5" }), []);
});

Deno.test("a configuration that is wrong says what to write", () => {
  const wrong: [unknown, string | RegExp][] = [
    [
      undefined,
      /^Cannot use the power undefined: it has no kind; write "kind: " and one of http-relay, web-relay, /,
    ],
    [
      { kind: "webrelay" },
      'Cannot use a power of kind "webrelay": there is no such; did you mean "web-relay"?',
    ],
    [
      { kind: "tasmota", ulr: "x" },
      'Cannot use a power of kind "tasmota": it has no key "ulr"; did you mean "url"?',
    ],
    [
      { kind: "tasmota" },
      'Cannot use a power of kind "tasmota": "url" is missing; write an address as "http://10.0.0.5/"',
    ],
    [
      { kind: "tasmota", url: "file:///etc/passwd" },
      /"url" is "file:\/\/\/etc\/passwd"; write an address as/,
    ],
    [{ kind: "uhubctl", location: "1-1", port: 0 }, /"port" is 0; write a whole number from 1$/],
    [{ kind: "command", on: "on.sh", off: ["a"] }, /"on" is "on.sh"; write a list of a program/],
    [{ kind: "gpiod", chip: "a", line: 1, activeLow: "yes" }, /"activeLow" is "yes"; write true/],
    [
      { kind: "command", on: ["a"], off: ["a"], state: ["a"], isOn: "(" },
      /"isOn" is "\("; write a regular expression$/,
    ],
    [{ kind: "manual", what: "it", offTimeMs: -1 }, /"offTimeMs" is -1; write a whole number/],
    [
      { kind: "http-relay", on: { url: "http://a/", methd: "GET" }, off: "http://a/" },
      'Cannot use a request to a relay: it has no key "methd"; did you mean "method"?',
    ],
    [
      { kind: "http-relay", on: "http://a/", off: "http://a/", isOn: "1" },
      'Cannot use a power of kind "http-relay": it has one of "state" and "isOn"; write both, or none',
    ],
  ];
  for (const [config, message] of wrong) {
    let said = "";
    try {
      openPower(config);
    } catch (error) {
      ok(error instanceof TypeError);
      said = error.message;
    }
    if (typeof message === "string") equal(said, message);
    else match(said, message);
  }
});

Deno.test("whatever programs and files say, it is a state, or none", () => {
  const random = new Random("power programs");
  const words = [
    "  Port ",
    "2",
    ": ",
    "0000",
    " off",
    " power",
    "\n",
    "[",
    "]",
    "v1.",
    "1",
    "(",
    ")",
  ];
  for (let round = 0; round < 5000; round++) {
    let text = "";
    for (let i = random.below(14); i > 0; i--) {
      text += random.chance(0.85)
        ? words[random.below(words.length)]
        : String.fromCharCode(random.below(256));
    }
    for (const state of [portState(text, 2), lineValue(text)]) {
      ok(state === undefined || typeof state === "boolean", text);
    }
    ok(Number.isInteger(gpiodVersion(text)), text);
    const terminal = terminalOf(text);
    ok(terminal === undefined || terminal.startsWith("/dev/"), text);
  }
});
