import { registerTests, restoreTest } from "./_registers.ts";
import { CpswLab } from "./_cpsw_lab.ts";
import type { Cpsw } from "./cpsw.ts";

const OF: readonly (readonly [title: string, pick: (cpsw: Cpsw) => Cpsw["peripherals"][number]])[] =
  [
    ["CPSW_SS", ({ ss }) => ss],
    ["CPSW_PORT", ({ ports }) => ports],
    ["CPDMA", ({ cpdma }) => cpdma],
    ["CPDMA_STATERAM", ({ cpdma }) => cpdma.state],
    ["CPSW_STATS", ({ stats }) => stats],
    ["CPTS", ({ cpts }) => cpts],
    ["CPGMAC_SL1", ({ macs }) => macs[0]],
    ["CPSW_WR", ({ wr }) => wr],
  ];
for (const [title, pick] of OF) {
  const make = () => {
    const { clock, cpsw, parts } = new CpswLab();
    return { clock, device: pick(cpsw), parts };
  };
  registerTests(title, make, {
    reads: { DMASTATUS: 0x8000_0000 },
    // Completion pointers compare, free buffers count.
    apart: ["TX_CP", "RX_CP", "RX_FREEBUFFER"],
  });
  restoreTest(title, make, { walks: 10, steps: 40 });
}
