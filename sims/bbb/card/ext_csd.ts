/** The EXT_CSD register of eMMC: 512 bytes, of which the lower part can be switched (JESD84-B50 §7.4). */

// deno-fmt-ignore
export const EXT_CSD = {
  FLUSH_CACHE: 32, CACHE_CTRL: 33, POWER_OFF_NOTIFICATION: 34, RST_n_FUNCTION: 162,
  BOOT_WP: 173, ERASE_GROUP_DEF: 175, BOOT_BUS_CONDITIONS: 177, BOOT_CONFIG_PROT: 178,
  PARTITION_CONFIG: 179, BUS_WIDTH: 183, HS_TIMING: 185, POWER_CLASS: 187, CMD_SET: 191,
  EXT_CSD_REV: 192, CSD_STRUCTURE: 194, DEVICE_TYPE: 196, OUT_OF_INTERRUPT_TIME: 198,
  PARTITION_SWITCH_TIME: 199, SEC_COUNT: 212, S_A_TIMEOUT: 217, HC_WP_GRP_SIZE: 221,
  REL_WR_SEC_C: 222, ERASE_TIMEOUT_MULT: 223, HC_ERASE_GRP_SIZE: 224, ACC_SIZE: 225,
  BOOT_SIZE_MULT: 226, BOOT_INFO: 228, SEC_FEATURE_SUPPORT: 231, TRIM_MULT: 232,
  INI_TIMEOUT_AP: 241, POWER_OFF_LONG_TIME: 247, GENERIC_CMD6_TIME: 248, CACHE_SIZE: 249,
  S_CMD_SET: 504,
} as const;

/** Of one boot partition. */
export const BOOT_BLOCKS = 4096;
/** HC_ERASE_GRP_SIZE is in this unit. */
export const ERASE_GROUP_BLOCKS = 1024;

/** The values that SWITCH may write, by index: the others are read only. */
// deno-fmt-ignore
const WRITABLE: Readonly<Record<number, (value: number) => boolean>> = {
  [EXT_CSD.FLUSH_CACHE]:            (value) => value <= 1,
  [EXT_CSD.CACHE_CTRL]:             (value) => value <= 1,
  [EXT_CSD.POWER_OFF_NOTIFICATION]: (value) => value <= 3,
  [EXT_CSD.RST_n_FUNCTION]:         (value) => value <= 2,
  [EXT_CSD.ERASE_GROUP_DEF]:        (value) => value <= 1,
  [EXT_CSD.BOOT_BUS_CONDITIONS]:    (value) => (value & 3) <= 2,
  // Access to: 0 user area, 1 and 2 boot partitions. There is no RPMB and no general purpose one.
  [EXT_CSD.PARTITION_CONFIG]:       (value) => (value & 7) <= 2,
  [EXT_CSD.BUS_WIDTH]:              (value) => [0, 1, 2, 5, 6].includes(value),
  [EXT_CSD.HS_TIMING]:              (value) => value <= 1,
  [EXT_CSD.POWER_CLASS]:            (value) => value === 0,
  [EXT_CSD.CMD_SET]:                (value) => value === 0,
};

export function mayWrite(index: number, value: number): boolean {
  return WRITABLE[index]?.(value) ?? false;
}

/** As it leaves the factory. */
export function freshExtCsd(blocks: number): Uint8Array {
  const bytes = new Uint8Array(512);
  const set = (name: keyof typeof EXT_CSD, value: number) => bytes[EXT_CSD[name]] = value;
  set("EXT_CSD_REV", 6); // 4.5
  set("CSD_STRUCTURE", 2);
  set("DEVICE_TYPE", 7); // 26 MHz, 52 MHz, 52 MHz on both edges
  set("OUT_OF_INTERRUPT_TIME", 1);
  set("PARTITION_SWITCH_TIME", 1);
  set("S_A_TIMEOUT", 0x11);
  set("HC_WP_GRP_SIZE", 1);
  set("REL_WR_SEC_C", 1);
  set("ERASE_TIMEOUT_MULT", 1);
  set("HC_ERASE_GRP_SIZE", 1);
  set("ACC_SIZE", 6);
  set("BOOT_SIZE_MULT", BOOT_BLOCKS * 512 / (128 << 10));
  set("BOOT_INFO", 7);
  set("SEC_FEATURE_SUPPORT", 1 << 4); // TRIM
  set("TRIM_MULT", 1);
  set("INI_TIMEOUT_AP", 0x1e);
  set("POWER_OFF_LONG_TIME", 0x1e);
  set("GENERIC_CMD6_TIME", 0x19);
  set("S_CMD_SET", 1);
  const view = new DataView(bytes.buffer);
  view.setUint32(EXT_CSD.SEC_COUNT, blocks, true);
  view.setUint32(EXT_CSD.CACHE_SIZE, 8 * 1024, true); // In kilobits
  return bytes;
}

/** What CMD0 and power-on put back; the rest of what can be switched stays. */
export const VOLATILE_BYTES: readonly number[] = [
  EXT_CSD.FLUSH_CACHE,
  EXT_CSD.CACHE_CTRL,
  EXT_CSD.POWER_OFF_NOTIFICATION,
  EXT_CSD.ERASE_GROUP_DEF,
  EXT_CSD.BUS_WIDTH,
  EXT_CSD.HS_TIMING,
  EXT_CSD.POWER_CLASS,
  EXT_CSD.CMD_SET,
];
/** Bits of PARTITION_CONFIG that say which partition is accessed: volatile as well. */
export const PARTITION_ACCESS = 7;
