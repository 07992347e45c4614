/**
 * Fetches Debian's U-Boot of both suites, or finds it fetched, and prints where it is; with
 * `--kernel` its kernel too.
 */
import { DebianError } from "./error.ts";
import { fetchKernel } from "./kernel.ts";
import { fetchUboot } from "./uboot.ts";

if (import.meta.main) {
  try {
    for (const suite of ["bullseye", "bookworm"] as const) {
      const { version, mlo, uboot } = await fetchUboot(suite, { progress: console.error });
      console.log(`${suite} ${version}\n  ${mlo}\n  ${uboot}`);
    }
    if (Deno.args.includes("--kernel")) {
      const { version, image } = await fetchKernel({ progress: console.error });
      console.log(`kernel ${version}\n  ${image}`);
    }
  } catch (error) {
    if (!(error instanceof DebianError)) throw error;
    console.error(error.message);
    Deno.exit(1);
  }
}
