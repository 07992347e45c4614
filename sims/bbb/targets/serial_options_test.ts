import assert from "node:assert/strict";
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
  assert.deepEqual(offered(wiring), ["true time", "emmc with U-Boot of bookworm"]);
});

Deno.test("cables to other UARTs, and chips on the board's pins, are what it offers too", () => {
  const uarts = { 1: { path: "/dev/ttyUSB7" }, 5: { usbSerial: "A5XK3RJU", lines: true } };
  const wiring = serialWiring({ ...GOOD, uarts, parts: ["eeprom"] });
  assert.deepEqual(wiring.uarts.get(1), { path: "/dev/ttyUSB7", baudHz: 115_200 });
  assert.deepEqual(offered(wiring), [
    ...["true time", "uart 1", "uart 1 break", "uart 5", "uart 5 break", "uart 5 lines", "eeprom"],
  ]);
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
    [{ serial: GOOD.serial }, /Cannot use the power undefined: it has no kind/],
  ];
  for (const [options, message] of wrong) {
    assert.throws(() => serialWiring(options), { name: "TypeError", message });
  }
});
