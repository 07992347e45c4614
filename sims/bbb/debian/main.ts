/** Fetches Debian's U-Boot of both suites, or finds it fetched, and prints where it is. */
import { DebianError } from "./error.ts";
import { fetchUboot } from "./uboot.ts";

if (import.meta.main) {
  try {
    for (const suite of ["bullseye", "bookworm"] as const) {
      const { version, mlo, uboot } = await fetchUboot(suite, { progress: console.error });
      console.log(`${suite} ${version}\n  ${mlo}\n  ${uboot}`);
    }
  } catch (error) {
    if (!(error instanceof DebianError)) throw error;
    console.error(error.message);
    Deno.exit(1);
  }
}
