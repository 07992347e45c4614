/**
 * Debian's own binaries for the board, fetched with the machine's apt into `.cache/debian/`.
 *
 * ```ts ignore
 * import { fetchUboot } from "sims/bbb/debian/mod.ts";
 * const { mlo, uboot, version } = await fetchUboot("bookworm", { progress: console.error });
 * ```
 */
export { DebianError } from "./error.ts";
export { cachedKernel, fetchKernel, type Kernel, KERNEL_REMEDY } from "./kernel.ts";
export { machinesMirror, type Mirror, MIRROR_VARIABLE } from "./mirror.ts";
export {
  cachedPackage,
  type FetchOptions,
  fetchPackage,
  type Package,
  type Wanted,
} from "./package.ts";
export { cachedUboot, fetchUboot, type Uboot, UBOOT_REMEDY, type UbootSuite } from "./uboot.ts";
