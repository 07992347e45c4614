import assert from "node:assert/strict";
import { VirtualClock } from "sims/engine/mod.ts";
import { restoreTest, type Rig, steadyTest } from "./_registers.ts";
import { PRCM, Prcm } from "./prcm.ts";

const R = PRCM.specs;

function rig(): Rig & { device: Prcm; resets: string[] } {
  const clock = new VirtualClock("test");
  const resets: string[] = [];
  const device = new Prcm({ clock, reset: (kind) => void resets.push(kind) });
  const timer = device.source("CLKSEL_TIMER2_CLK");
  timer.onChange(() => resets.push(`timer2 ${timer.hz}`));
  return { clock, device, parts: [device], seen: resets, resets };
}

restoreTest("PRCM", rig);
steadyTest("PRCM", rig);

const IDLEST = 0x3_0000;
/** Synthetic bits aside. */
const STATUS = IDLEST | 1 << 18;

Deno.test("PRCM: after reset registers read as the manual has them, but for what follows from others", () => {
  const { device } = rig();
  for (const [name, spec] of Object.entries<{ offset: number; reset?: number }>(R)) {
    const synthetic = name.endsWith("_CLKCTRL") ? STATUS : name.endsWith("CLKSTCTRL") ? ~3 : 0;
    if (name.startsWith("CM_IDLEST")) continue;
    const value = device.read(spec.offset, 4);
    assert.equal(value & ~synthetic, (spec.reset ?? 0) & ~synthetic, name);
  }
});

Deno.test("PRCM: a module is functional at the next read, and its gate is open", () => {
  const { device } = rig();
  const gate = device.moduleClock("CM_PER_UART1_CLKCTRL");
  assert.equal(gate.running, false);
  assert.equal(device.read(R.CM_PER_UART1_CLKCTRL.offset, 4), IDLEST);
  device.write(R.CM_PER_UART1_CLKCTRL.offset, 2, 4);
  assert.equal(device.read(R.CM_PER_UART1_CLKCTRL.offset, 4), 2);
  assert.equal(gate.running, true);
  for (const reserved of [0, 1, 3]) {
    device.write(R.CM_PER_UART1_CLKCTRL.offset, reserved, 4);
    assert.equal(gate.running, false);
  }
});

Deno.test("PRCM: bit 18 of a GPIO module is its debounce clock, of an initiator its standby", () => {
  const { device } = rig();
  const debounce = device.source("GPIO_1_GDBCLK");
  device.set("CM_DIV_M2_DPLL_PER", 5);
  device.set("CM_CLKSEL_DPLL_PERIPH", 0x19009);
  device.set("CM_CLKMODE_DPLL_PER", 7);
  device.set("CM_PER_CLKDIV32K_CLKCTRL", 2);
  assert.equal(debounce.hz, 0);
  device.set("CM_PER_GPIO1_CLKCTRL", 0x4_0002);
  assert.equal(device.peek("CM_PER_GPIO1_CLKCTRL"), 0x4_0002);
  assert.equal(debounce.hz, 32_768);
  device.set("CM_PER_USB0_CLKCTRL", 0x4_0000);
  assert.equal(device.peek("CM_PER_USB0_CLKCTRL"), 0x7_0000);
  device.set("CM_PER_USB0_CLKCTRL", 0x4_0002);
  assert.equal(device.peek("CM_PER_USB0_CLKCTRL"), 2);
});

Deno.test("PRCM: activity bits tell whether a domain is awake and who takes its clocks", () => {
  const { device } = rig();
  const activity = () => device.peek("CM_PER_L4LS_CLKSTCTRL");
  const L4LS = 1 << 8, TIMER7 = 1 << 13;
  assert.equal(activity() & TIMER7, 0);
  device.set("CM_PER_TIMER7_CLKCTRL", 2);
  assert.equal(activity() & (L4LS | TIMER7), L4LS | TIMER7);
  device.set("CM_PER_L4LS_CLKSTCTRL", 1);
  assert.equal(activity() & L4LS, L4LS, "an enabled module keeps it awake");
  device.set("CM_PER_TIMER7_CLKCTRL", 0);
  device.set("CM_PER_L4LS_CLKCTRL", 0);
  device.set("CM_PER_L4LS_CLKSTCTRL", 1);
  assert.equal(activity() & L4LS, 0);
});

Deno.test("PRCM: DPLLs lock at once, unless the multiplier is reserved; rates follow", () => {
  const { device } = rig();
  const hz = () => [device.source("MPU_CLK").hz, device.source("L3F_CLK").hz];
  assert.deepEqual(hz(), [24_000_000, 24_000_000]);
  device.set("CM_CLKMODE_DPLL_MPU", 7);
  assert.equal(device.peek("CM_IDLEST_DPLL_MPU"), 1 << 8, "no multiplier, no lock");
  device.set("CM_CLKSEL_DPLL_MPU", 0x7d02);
  assert.equal(device.peek("CM_IDLEST_DPLL_MPU"), 1);
  device.set("CM_CLKSEL_DPLL_CORE", 0x7d02);
  device.set("CM_DIV_M4_DPLL_CORE", 10);
  device.set("CM_CLKMODE_DPLL_CORE", 7);
  assert.deepEqual(hz(), [1_000_000_000, 200_000_000]);
  device.set("CM_CLKSEL_DPLL_PERIPH", 0x19009);
  device.set("CM_DIV_M2_DPLL_PER", 5);
  device.set("CM_CLKMODE_DPLL_PER", 7);
  assert.equal(device.source("UART_GFCLK").hz, 48_000_000);
  assert.equal(device.source("MMC_FCLK").hz, 96_000_000);
  device.set("CM_DIV_M2_DPLL_PER", 40);
  assert.equal(device.source("UART_GFCLK").hz, 6_000_000, "M2 of this one has seven bits");
});

Deno.test("PRCM: a timer's clock is the one that is selected, and stops with its module", () => {
  const { device, resets } = rig();
  const functional = device.functional("CM_PER_TIMER2_CLKCTRL", "CLKSEL_TIMER2_CLK");
  assert.equal(functional.hz, 0);
  device.set("CM_PER_TIMER2_CLKCTRL", 2);
  assert.equal(functional.hz, 24_000_000);
  device.set("CLKSEL_TIMER2_CLK", 0);
  assert.equal(functional.hz, 0, "TCLKIN is not connected");
  assert.deepEqual(resets, ["timer2 0"]);
});

Deno.test("PRCM: a program resets by PRM_RSTCTRL, which reads as 0", () => {
  const { device, resets } = rig();
  device.write(R.PRM_RSTCTRL.offset, 1, 4);
  device.write(R.PRM_RSTCTRL.offset, 2, 4);
  assert.deepEqual(resets, ["warm", "cold"]);
  assert.equal(device.read(R.PRM_RSTCTRL.offset, 4), 0);
});

Deno.test("PRCM: a warm reset keeps clock selections, gathers reasons, and gates modules", () => {
  const { device } = rig();
  device.set("CLKSEL_TIMER7_CLK", 2);
  device.set("CM_CLKSEL_DPLL_MPU", 0x7d02);
  device.set("CM_PER_UART1_CLKCTRL", 2);
  device.warmReset("wdt1");
  assert.equal(device.peek("CLKSEL_TIMER7_CLK"), 2);
  assert.equal(device.peek("CM_CLKSEL_DPLL_MPU"), 0x7d02);
  assert.equal(device.moduleClock("CM_PER_UART1_CLKCTRL").running, false);
  assert.equal(device.peek("PRM_RSTST"), 0x11, "power-on, and the watchdog");
  device.write(R.PRM_RSTST.offset, 0x01, 4);
  assert.equal(device.peek("PRM_RSTST"), 0x10, "a program clears them");
});

Deno.test("PRCM: the graphics core comes out of reset, and its power follows", () => {
  const { device } = rig();
  assert.equal(device.peek("RM_GFX_RSTST"), 0);
  device.set("RM_GFX_RSTCTRL", 0);
  assert.equal(device.peek("RM_GFX_RSTST"), 1);
  device.set("RM_GFX_RSTST", 1);
  assert.equal(device.peek("RM_GFX_RSTST"), 0);
  device.set("PM_GFX_PWRSTCTRL", 0x60044);
  assert.equal(device.peek("PM_GFX_PWRSTST"), 0);
  device.set("PM_GFX_PWRSTCTRL", 0x60047);
  assert.equal(device.peek("PM_GFX_PWRSTST"), 0x17);
});
