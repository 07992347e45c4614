/** What GDB is told of the Cortex-A8's registers: its features org.gnu.gdb.arm.core and .vfp. */

const NAMES = Array.from({ length: 13 }, (_, n) => `<reg name="r${n}" bitsize="32"/>`);

export const CPSR = 25;
export const FIRST_D = 26;
export const FPSCR = 58;

export const TARGET_XML = [
  '<?xml version="1.0"?><!DOCTYPE target SYSTEM "gdb-target.dtd"><target version="1.0">',
  "<architecture>arm</architecture>",
  '<feature name="org.gnu.gdb.arm.core">',
  ...NAMES,
  '<reg name="sp" bitsize="32" type="data_ptr"/><reg name="lr" bitsize="32"/>',
  '<reg name="pc" bitsize="32" type="code_ptr"/>',
  `<reg name="cpsr" bitsize="32" regnum="${CPSR}"/></feature>`,
  '<feature name="org.gnu.gdb.arm.vfp">',
  ...Array.from({ length: 32 }, (_, n) => `<reg name="d${n}" bitsize="64" type="ieee_double"/>`),
  `<reg name="fpscr" bitsize="32" type="int" group="float" regnum="${FPSCR}"/></feature>`,
  "</target>",
].join("");
