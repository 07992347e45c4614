import assert from "node:assert/strict";
import { type Level, VirtualClock, Wire } from "sims/engine/mod.ts";
import { registerTests, restoreTest, type Rig, steadyTest } from "./_registers.ts";
import { Rtc } from "./rtc.ts";

const SECONDS = 0x00,
  CTRL = 0x40,
  STATUS = 0x44,
  INTERRUPTS = 0x48,
  COMP_LSB = 0x4c,
  COMP_MSB = 0x50;
const OSC = 0x54, SCRATCH2 = 0x68, KICK0R = 0x6c, KICK1R = 0x70, PMIC = 0x98;
const ALARM = 0x20, ALARM2 = 0x80;
/** Date and time as the registers lie: second, minute, hour, day, month, year. */
type Bcd = readonly [number, number, number, number, number, number];

function rig() {
  const clock = new VirtualClock("board");
  const [timer, alarm, power, wakeup] = [
    new Wire("RTCINT"),
    new Wire("RTCALARMINT"),
    new Wire("PMIC_POWER_EN"),
    new Wire("EXT_WAKEUP"),
  ];
  const device = new Rtc({
    name: "RTCSS",
    clock,
    timerIrq: timer.driver("RTCSS"),
    alarmIrq: alarm.driver("RTCSS"),
    powerEnable: power.driver("RTCSS"),
    wakeup,
  });
  const button = wakeup.driver("button");
  const seen: [string, number, Level][] = [];
  for (const wire of [timer, alarm, power]) {
    wire.listen((level) => seen.push([wire.name, clock.now(), level]));
  }
  return {
    clock,
    device,
    timer,
    alarm,
    power,
    button,
    seen,
    parts: [device, timer, alarm, power, wakeup],
    disturb: (random) => button.drive(random.below(2) as Level),
  } satisfies Rig & Record<string, unknown>;
}

function unlock({ device }: { device: { write: Rtc["write"] } }): void {
  device.write(KICK0R, 0x83e7_0b13, 4);
  device.write(KICK1R, 0x95a4_f1e0, 4);
}

/** Unlocked and clocked from the crystal, as U-Boot leaves it. */
function unlocked() {
  const board = rig();
  unlock(board);
  board.device.write(OSC, 0x48, 4);
  return board;
}

function set(device: Rtc, base: number, at: Bcd): void {
  for (const [n, value] of at.entries()) device.write(base + 4 * n, value, 4);
}

function get(device: Rtc): number[] {
  return Array.from({ length: 7 }, (_, n) => device.read(SECONDS + 4 * n, 4));
}

/** Running from the given moment on. */
function started(at: Bcd, ctrl = 1) {
  const board = unlocked();
  board.device.write(CTRL, ctrl & ~1, 4);
  set(board.device, SECONDS, at);
  board.device.write(CTRL, ctrl, 4);
  return board;
}

registerTests("RTC", () => {
  const board = rig();
  unlock(board);
  return board;
}, { apart: ["KICK0R", "KICK1R", "RTC_CTRL_REG"] });
restoreTest("RTC", rig, {
  prepare: (board) => {
    unlock(board);
    board.device.write(OSC, 0x48, 4);
    board.device.write(CTRL, 1, 4);
  },
  values: [0x59, 0x23, 0x83e7_0b13, 0x95a4_f1e0, 0x48, 1, 0x1c, 0x1_0001],
  strideNs: 3e9,
  steps: 100,
});
steadyTest("RTC", rig, {
  prepare: (board) => {
    unlock(board);
    board.device.write(OSC, 0x48, 4);
    board.device.write(CTRL, 1, 4);
  },
  values: [0x59, 0x23, 0x83e7_0b13, 0x95a4_f1e0, 0x48, 1, 0x1c, 0x1_0001],
  strideNs: 3e9,
  steps: 100,
});

Deno.test("out of reset nothing can be written until both keys have come in order", () => {
  const { device } = rig();
  const attempt = () => {
    device.write(SCRATCH2, device.read(SCRATCH2, 4) + 1, 4);
    return device.read(SCRATCH2, 4);
  };
  assert.equal(attempt(), 0);
  device.write(KICK1R, 0x95a4_f1e0, 4);
  device.write(KICK0R, 0x83e7_0b13, 4);
  assert.equal(attempt(), 0);
  device.write(KICK1R, 0x95a4_f1e0, 4);
  assert.equal(attempt(), 1);
  device.write(KICK0R, 0, 4);
  assert.equal(attempt(), 1);
});

Deno.test("a reset of the chip locks it, and keeps what it holds", () => {
  const { device } = unlocked();
  device.write(SCRATCH2, 0x010001b0, 4);
  device.lock();
  device.write(SCRATCH2, 0, 4);
  assert.equal(device.read(SCRATCH2, 4), 0x010001b0);
});

Deno.test("it stands without its clock or STOP_RTC, and goes on with what had passed", () => {
  const { clock, device } = unlocked();
  clock.runTo(5e9);
  assert.deepEqual(get(device).slice(0, 2), [0, 0]);
  assert.equal(device.read(STATUS, 4) & 2, 0);
  device.write(CTRL, 1, 4);
  assert.equal(device.read(STATUS, 4) & 2, 2);
  clock.runTo(5.75e9);
  device.write(CTRL, 0, 4);
  clock.runTo(9e9);
  device.write(CTRL, 1, 4);
  clock.runTo(9.25e9 - 1e6);
  assert.equal(get(device)[0], 0);
  clock.runTo(9.25e9 + 1e6);
  assert.equal(get(device)[0], 1);
  device.write(OSC, 0, 4);
  clock.runTo(20e9);
  assert.equal(get(device)[0], 1);
});

Deno.test("a year's last second goes into the next year", () => {
  const { clock, device } = started([0x59, 0x59, 0x23, 0x31, 0x12, 0x99]);
  clock.runTo(1.01e9);
  assert.deepEqual(get(device), [0, 0, 0, 1, 1, 0, 1]);
});

Deno.test("February has 29 days in each fourth year", () => {
  for (const [year, day, month] of [[0x24, 0x29, 2], [0x23, 1, 3], [0, 0x29, 2]] as const) {
    const { clock, device } = started([0x59, 0x59, 0x23, 0x28, 2, year]);
    clock.runTo(1.01e9);
    assert.deepEqual(get(device).slice(3, 5), [day, month], `year ${year.toString(16)}`);
  }
});

Deno.test("in 12-hour mode 11:59:59 am is followed by noon, 12:59:59 by 1 pm", () => {
  const hours = (hour: number) => {
    const { clock, device } = started([0x59, 0x59, hour, 1, 1, 0], 9);
    clock.runTo(1.01e9);
    return get(device).slice(2, 4);
  };
  assert.deepEqual(hours(0x11), [0x92, 1]);
  assert.deepEqual(hours(0x92), [0x81, 1]);
  assert.deepEqual(hours(0x91), [0x12, 2], "midnight");
  assert.deepEqual(hours(0x12), [0x01, 1]);
});

Deno.test("the other registers stay as they were when SECONDS was read", () => {
  const { clock, device } = started([0x59, 0x59, 0x23, 0x31, 0x12, 0x25]);
  assert.equal(device.read(SECONDS, 4), 0x59);
  clock.runTo(1.5e9);
  assert.equal(device.read(0x14, 4), 0x25);
  device.read(SECONDS, 4);
  assert.equal(device.read(0x14, 4), 0x26);
});

Deno.test("the alarm comes at its second, and its interrupt stays until it is cleared", () => {
  const { clock, device, alarm } = started([0x50, 0, 0, 1, 1, 0]);
  set(device, ALARM, [0x05, 0x01, 0, 1, 1, 0]);
  device.write(INTERRUPTS, 8, 4);
  clock.runTo(15e9 - 1);
  assert.equal(alarm.level, 0);
  clock.runTo(15e9);
  assert.equal(alarm.level, 1);
  assert.equal(device.read(STATUS, 4) & 0x40, 0x40);
  device.write(STATUS, 0x40, 4);
  assert.equal(alarm.level, 0);
  clock.runTo(100e9);
  assert.equal(alarm.level, 0);
});

Deno.test("the periodic interrupt is a pulse every second, minute, hour or day", () => {
  const pulses = (every: number, untilNs: number) => {
    const { clock, device, seen } = started([0x58, 0x59, 0x23, 1, 1, 0]);
    device.write(INTERRUPTS, 4 | every, 4);
    clock.runTo(untilNs);
    return seen.filter(([name, , level]) => name === "RTCINT" && level === 1).map(([, t]) =>
      t / 1e9
    );
  };
  assert.deepEqual(pulses(0, 4e9), [1, 2, 3, 4]);
  assert.deepEqual(pulses(1, 130e9), [2, 62, 122]);
  assert.deepEqual(pulses(2, 3700e9), [2, 3602]);
  assert.deepEqual(pulses(3, 3700e9), [2]);
});

Deno.test("BUSY is told for the last 15 us of a second", () => {
  const { clock, device } = started([0, 0, 0, 1, 1, 0]);
  assert.equal(device.steadyUntil(STATUS), 1e9 - 15_000);
  clock.runTo(1e9 - 15_001);
  assert.equal(device.read(STATUS, 4) & 1, 0);
  clock.runTo(1e9 - 15_000);
  assert.equal(device.read(STATUS, 4) & 1, 1);
  clock.runTo(1e9);
  assert.equal(device.read(STATUS, 4) & 1, 0);
});

Deno.test("ROUND_30S rounds once, when SECONDS is read", () => {
  const { device } = started([0x45, 0x59, 0x10, 1, 1, 0]);
  device.write(CTRL, 3, 4);
  assert.deepEqual(get(device).slice(0, 3), [0, 0, 0x11]);
  assert.equal(device.read(CTRL, 4), 1);
});

Deno.test("compensation shortens the second after the hour, or lengthens the one before", () => {
  const hour = (periods: number) => {
    const board = started([0x58, 0x59, 0, 1, 1, 0], 5);
    board.device.write(COMP_LSB, periods & 0xff, 4);
    board.device.write(COMP_MSB, periods >> 8 & 0xff, 4);
    board.device.write(INTERRUPTS, 4, 4);
    board.clock.runTo(3.5e9);
    return board.seen.filter(([, , level]) => level === 1).filter(([name]) => name === "RTCINT")
      .map(([, t]) => Math.round(t * 32_768 / 1e9) % 32_768);
  };
  assert.deepEqual(hour(0), [0, 0, 0]);
  assert.deepEqual(hour(100), [0, 0, 32_668]);
  assert.deepEqual(hour(-100), [0, 100, 100]);
});

Deno.test("ALARM2 switches the power off one tick later, and a wake-up switches it on", () => {
  const { clock, device, power, button } = started([0, 0, 0, 1, 1, 0]);
  set(device, ALARM2, [0x02, 0, 0, 1, 1, 0]);
  device.write(PMIC, 0x1_0001, 4);
  device.write(INTERRUPTS, 0x10, 4);
  clock.runTo(2e9 + 30_000);
  assert.equal(power.level, 1);
  clock.runTo(2e9 + 31_000);
  assert.equal(power.level, 0);
  button.drive(1);
  assert.equal(power.level, 1);
  assert.equal(device.read(PMIC, 4), 0x7_1001);
  device.write(PMIC, 0x1_1001, 4);
  assert.equal(device.read(PMIC, 4) & 0x1000, 0);
});

Deno.test("from the crystal it runs only while the oscillator does", () => {
  for (const [osc, runs] of [[0x48, 2], [0x58, 0], [0x50, 2], [0x08, 0]] as const) {
    const { device } = started([0, 0, 0, 1, 1, 0]);
    device.write(OSC, osc, 4);
    assert.equal(device.read(STATUS, 4) & 2, runs, osc.toString(16));
  }
});

Deno.test("a wake-up counts only where it is enabled, at its polarity, and from off", () => {
  const off = (pmic: number) => {
    const board = started([0, 0, 0, 1, 1, 0]);
    set(board.device, ALARM2, [0x01, 0, 0, 1, 1, 0]);
    board.button.drive(pmic & 0x10 ? 1 : 0);
    board.device.write(PMIC, pmic, 4);
    board.device.write(INTERRUPTS, 0x10, 4);
    board.clock.runTo(2e9);
    return board;
  };
  const asleep = off(0x1_0000);
  asleep.button.drive(1);
  assert.equal(asleep.power.level, 0);
  const low = off(0x1_0011);
  assert.equal(low.power.level, 0);
  low.button.drive(0);
  assert.equal(low.power.level, 1);
  const disabled = off(0x0_0001);
  assert.equal(disabled.power.level, 1);
  disabled.button.drive(1);
  assert.equal(disabled.device.read(PMIC, 4) >>> 17, 0);
});

Deno.test("PWR_ENABLE_EN that is cleared switches the power on", () => {
  const { clock, device, power } = started([0, 0, 0, 1, 1, 0]);
  set(device, ALARM2, [0x01, 0, 0, 1, 1, 0]);
  device.write(PMIC, 0x1_0000, 4);
  device.write(INTERRUPTS, 0x10, 4);
  clock.runTo(2e9);
  device.write(PMIC, 0x1_0000, 4);
  assert.equal(power.level, 0);
  device.write(PMIC, 0, 4);
  assert.equal(power.level, 1);
});

Deno.test("30 seconds are rounded up, 29 down", () => {
  for (const [second, minute] of [[0x30, 1], [0x29, 0]] as const) {
    const { device } = started([second, 0, 0, 1, 1, 0]);
    device.write(CTRL, 3, 4);
    assert.deepEqual(get(device).slice(0, 2), [0, minute]);
  }
});

Deno.test("an alarm switches the power on again", () => {
  const { clock, device, power } = started([0, 0, 0, 1, 1, 0]);
  set(device, ALARM2, [0x01, 0, 0, 1, 1, 0]);
  set(device, ALARM, [0x05, 0, 0, 1, 1, 0]);
  device.write(PMIC, 0x1_0000, 4);
  device.write(INTERRUPTS, 0x18, 4);
  clock.runTo(4.9e9);
  assert.equal(power.level, 0);
  clock.runTo(5e9);
  assert.equal(power.level, 1);
  assert.equal(device.read(PMIC, 4) >>> 17, 2);
});

Deno.test("SET_32_COUNTER sets how much of the second has passed, while it stands", () => {
  const { clock, device } = started([0, 0, 0, 1, 1, 0]);
  device.write(CTRL, 0, 4);
  device.write(COMP_MSB, 0x60, 4);
  device.write(CTRL, 0x20, 4);
  assert.equal(device.read(CTRL, 4), 0);
  device.write(CTRL, 1, 4);
  clock.runTo(0.25e9 - 1);
  assert.equal(get(device)[0], 0);
  clock.runTo(0.25e9);
  assert.equal(get(device)[0], 1);
});
