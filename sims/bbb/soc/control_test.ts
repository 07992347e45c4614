import assert from "node:assert/strict";
import { VirtualClock } from "sims/engine/mod.ts";
import { registerTests, restoreTest, type Rig, steadyTest } from "./_registers.ts";
import { CONTROL, Control, DdrPhy } from "./control.ts";

const MACS = ["90:fa:f1:30:1c:bb", "90:fa:f1:30:1c:bd"] as const;

function rig(): Rig & { device: Control } {
  const clock = new VirtualClock("test");
  const device = new Control({ clock, macs: MACS });
  return { clock, device, parts: [device] };
}

registerTests("Control module", rig, {
  reads: {
    vtp_ctrl: 0x10102,
    dpll_pwr_sw_status: 0x30303,
    mac_id0_lo: 0xbb1c,
    mac_id0_hi: 0x30f1fa90,
    mac_id1_lo: 0xbd1c,
    mac_id1_hi: 0x30f1fa90,
  },
  apart: ["vtp_ctrl", "dcan_raminit", "dpll_pwr_sw_status"]
    .concat(["mac_id0_lo", "mac_id0_hi", "mac_id1_lo", "mac_id1_hi"]),
});
restoreTest("Control module", rig);
steadyTest("Control module", rig);

registerTests("DDR PHY", () => {
  const clock = new VirtualClock("test");
  const device = new DdrPhy({ clock });
  return { clock, device, parts: [device] };
});

Deno.test("Control module: boot pins, device type and crystal are where programs look", () => {
  const { device } = rig();
  device.latchSysboot(0x403c);
  assert.equal(device.read(0x40, 4), 0x0040_033c);
  assert.equal(device.sysboot, 0x403c);
  assert.equal(device.read(0x600, 4), 0x2b94_402e);
});

Deno.test("Control module: a warm reset keeps the boot pins as they were latched", () => {
  const { device } = rig();
  device.latchSysboot(0x4038);
  device.write(CONTROL.specs.conf_uart0_rxd.offset, 0x30, 4);
  device.warmReset();
  assert.equal(device.sysboot, 0x4038);
  assert.equal(device.peek("conf_uart0_rxd"), 0x27);
});

Deno.test("Control module: VTP is ready once it is enabled; message RAMs are cleared at once", () => {
  const { device } = rig();
  const { vtp_ctrl, dcan_raminit } = CONTROL.specs;
  assert.equal(device.read(vtp_ctrl.offset, 4) & 0x20, 0);
  device.write(vtp_ctrl.offset, 0x47, 4);
  assert.equal(device.read(vtp_ctrl.offset, 4) & 0x20, 0x20);
  device.write(dcan_raminit.offset, 2, 4);
  assert.equal(device.read(dcan_raminit.offset, 4), 0x200);
});
