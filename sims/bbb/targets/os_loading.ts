/** How U-Boot gets the operating system into memory. */
import type { Duration } from "hil";
import type { OsSource, UBoot } from "../port.ts";

/** Where it is linked to, and entered. */
const OS_BASE = 0x8000_0000;
/** Blocks of the eMMC: where it lies raw, and its largest size. */
const OS_BLOCK = 0x20000;
const OS_BLOCKS = 0x800;
/** The applications, which it loads itself. */
const APPS = { base: 0x9000_0000, block: 0x28000, blocks: 0x100 } as const;

/** @returns where it is entered */
export async function loadOs(
  uboot: UBoot,
  { tftp, left }: OsSource & { readonly left: () => Duration },
): Promise<number> {
  const hex = (value: number) => `0x${value.toString(16)}`;
  const commands = tftp
    ? [
      `setenv ipaddr ${tftp.clientAddress}`,
      `setenv netmask ${tftp.netmask}`,
      `setenv serverip ${tftp.address}`,
      `tftpboot ${hex(APPS.base)} apps.bin`,
      "mmc dev 1",
      `mmc write ${hex(APPS.base)} ${hex(APPS.block)} ${hex(APPS.blocks)}`,
      `tftpboot ${hex(OS_BASE)} os.bin`,
    ]
    : ["mmc dev 1", `mmc read ${hex(OS_BASE)} ${hex(OS_BLOCK)} ${hex(OS_BLOCKS)}`];
  for (const command of commands) await uboot.run(command, { within: left() });
  return OS_BASE;
}
