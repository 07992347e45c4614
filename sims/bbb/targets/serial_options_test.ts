import assert from "node:assert/strict";
import { ms, seconds } from "hil";
import { EXPANDER_PINS } from "./pin_names.ts";
import serial from "./serial.ts";
import { offered, serialWiring } from "./serial_options.ts";

const GOOD = {
  serial: { usbSerial: "A5XK3RJT" },
  power: { kind: "gpiod", chip: "gpiochip0", line: 4 },
};

Deno.test("a board is its port, its switch and what its cards were prepared with", () => {
  const wiring = serialWiring({ ...GOOD, prepared: { emmc: "bookworm" }, needs: [], s2: true });
  assert.deepEqual(wiring.serial, { usbSerial: "A5XK3RJT", baudHz: 115_200 });
  assert.deepEqual(wiring.tools.map(({ command }) => command), ["gpioset"]);
  assert.deepEqual(offered(wiring), ["true time", "storage", "emmc with U-Boot of bookworm"]);
});

Deno.test("cables to other UARTs, and chips on the board's pins, are what it offers too", () => {
  const uarts = { 1: { path: "/dev/ttyUSB7" }, 5: { usbSerial: "A5XK3RJU", lines: true } };
  const wiring = serialWiring({ ...GOOD, uarts, parts: ["eeprom"] });
  assert.deepEqual(wiring.uarts.get(1), { path: "/dev/ttyUSB7", baudHz: 115_200 });
  assert.deepEqual(offered(wiring), [
    ...[
      "true time",
      "storage",
      "uart 1",
      "uart 1 break",
      "uart 5",
      "uart 5 break",
      "uart 5 lines",
      "eeprom",
    ],
  ]);
});

const PINS = { kind: "firmata", serial: { usbSerial: "7533" }, map: { 66: 5, "P8.8": 6, S2: 9 } };
const MUX = { toHost: ["mux", 1], toBoard: ["mux", 2], device: "/dev/disk/by-id/sd" };

Deno.test("wires to pins are what it offers, and the expander when all of its own are wired", () => {
  const { pins, ...wiring } = serialWiring({ ...GOOD, pins: { ...PINS, latencyMs: 16 } });
  assert.deepEqual(pins, {
    ...{ serial: { usbSerial: "7533", baudHz: 57_600 }, latency: ms(16), s2: 9 },
    map: new Map([["GPIO 66", 5], ["GPIO 67", 6]]),
  });
  assert.deepEqual(offered({ pins, ...wiring }), [
    "true time",
    "storage",
    "gpio 66",
    "gpio 67",
    "s2",
  ]);
  const map = Object.fromEntries(EXPANDER_PINS.map((pin, n) => [pin, n + 20]));
  const all = serialWiring({ ...GOOD, pins: { ...PINS, map } });
  assert.deepEqual(offered(all), ["true time", "storage", "expander"]);
  const { GPB7: _, ...some } = map;
  assert.deepEqual(offered(serialWiring({ ...GOOD, pins: { ...PINS, map: some } })), [
    "true time",
    "storage",
  ]);
});

Deno.test("a slot with a multiplexer takes a card of any contents", () => {
  const wiring = serialWiring({ ...GOOD, storage: { sd: { ...MUX, limitMs: 3000 } } });
  assert.deepEqual(wiring.sd, {
    ...{ name: "SD", device: MUX.device, limit: seconds(3) },
    ...{ toHost: ["mux", "1"], toBoard: ["mux", "2"] },
  });
  assert.deepEqual(offered(wiring), [
    ...["true time", "storage", "sd with any contents"],
    ...["sd with U-Boot of bookworm", "sd with U-Boot of bullseye"],
  ]);
});

Deno.test("who has the time lets scenarios boot it a hundred times", () => {
  const boots = (options: Record<string, unknown>) =>
    offered(serialWiring({ ...GOOD, ...options })).includes("quick boots");
  assert.deepEqual([boots({}), boots({ quickBoots: true })], [false, true]);
  assert.throws(
    () => serialWiring({ ...GOOD, quickBoots: "yes" }),
    /quickBoots "yes" of the bench file: it is neither yes nor no; write true or false$/,
  );
});

Deno.test("boards on different ports may be used at once, one on the same may not", () => {
  const { exclusive } = serial;
  assert(typeof exclusive === "function");
  assert.equal(exclusive(GOOD), "board on USB serial A5XK3RJT");
  assert.equal(exclusive({ ...GOOD, serial: { path: "/dev/ttyS1" } }), "board on /dev/ttyS1");
});

Deno.test("a port that is not there is told with those that are", async () => {
  const path = "/dev/there-is-none";
  const available = await serial.availability({ ...GOOD, serial: { path } });
  assert(!available.ok);
  assert.equal(available.reason, `${path} is not there`);
  assert.match(available.remedy, /^plug it in, or change the bench file; the serial ports here: /);
});

Deno.test("what a bench file has wrong is said with what would be right", () => {
  const wrong: readonly (readonly [Record<string, unknown>, RegExp])[] = [
    [{ power: GOOD.power }, /option serial "undefined" of the bench file: it is no map; write/],
    [{ ...GOOD, serial: {} }, /it needs one of "path" and "usbSerial"/],
    [{ ...GOOD, serial: { usbSerial: 123 } }, /a serial number is quoted in YAML/],
    [{ ...GOOD, serial: { path: "/dev/x", bauds: 1 } }, /option bauds "1".* "serial" has no such/],
    [{ ...GOOD, serial: { path: "/dev/x", baudHz: "fast" } }, /option baudHz "fast"/],
    [{ ...GOOD, prepared: { emmc: "trixie" } }, /emmc "trixie".*bookworm, bullseye; name one/],
    [{ ...GOOD, relay: 1 }, /option relay "1".*: the board has no such option; there are serial,/],
    [{ ...GOOD, uarts: { 0: {} } }, /option 0 ".*: "uarts" has no such option; there are 1, 2,/],
    [{ ...GOOD, uarts: { 1: {} } }, /option uarts.1 "{}".*: it needs one of "path"/],
    [{ ...GOOD, parts: ["lcd"] }, /option parts "\["lcd"\]".*: it is no list of eeprom; write one/],
    [{ ...GOOD, uarts: { 1: { path: "/dev/x", lines: 1 } } }, /uarts.1.lines "1".*write true/],
    [{ ...GOOD, pins: { ...PINS, kind: "gpiod" } }, /pins.kind "gpiod".*no such; write firmata/],
    [{ ...GOOD, pins: { kind: "firmata" } }, /pins.map "undefined".*no map; write "pins: \{ kind/],
    [{ ...GOOD, pins: { ...PINS, map: { P9: 1 } } }, /pins.map "P9".* no pin of the board; name/],
    [{ ...GOOD, pins: { ...PINS, map: { 66: -1 } } }, /pins.map.66 "-1".*number, from 0 to 127/],
    [{ ...GOOD, pins: { ...PINS, map: { 66: 1, "P8.7": 2 } } }, /pins.map .*in it twice, by anoth/],
    [{ ...GOOD, pins: { ...PINS, map: { 66: 1, 67: 1 } } }, /pins.map .*by its box's number; del/],
    [{ ...GOOD, pins: { ...PINS, latencyMs: "1" } }, /pins.latencyMs "1".*of milliseconds; write/],
    [{ ...GOOD, pins: { ...PINS, serial: {} } }, /option pins.serial "{}".*one of "path" and/],
    [
      { ...GOOD, storage: { emmc: {} } },
      /option emmc .*"storage" has no such option; there are sd$/,
    ],
    [{ ...GOOD, storage: { sd: { ...MUX, device: "sdb" } } }, /sd.device "sdb".*no absolute path/],
    [
      { ...GOOD, storage: { sd: { ...MUX, toHost: "mux host" } } },
      /toHost "mux host".* a list of/,
    ],
    [{ ...GOOD, storage: { sd: { ...MUX, limitMs: 0 } } }, /sd.limitMs "0".*milliseconds; write/],
    [{ serial: GOOD.serial }, /Cannot use the power undefined: it has no kind/],
  ];
  for (const [options, message] of wrong) {
    assert.throws(() => serialWiring(options), { name: "TypeError", message });
  }
});
