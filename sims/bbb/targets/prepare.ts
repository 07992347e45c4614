/** What the targets with cards that are made here need once a run: Debian's U-Boot. */
import type { Availability } from "hil";
import { DebianError, fetchUboot, UBOOT_REMEDY } from "../debian/mod.ts";

export async function prepareUboot(
  _options: Readonly<Record<string, unknown>>,
  progress: (text: string) => void,
): Promise<Availability> {
  try {
    const versions: Record<string, string> = {};
    for (const suite of ["bookworm", "bullseye"] as const) {
      versions[suite] = (await fetchUboot(suite, { progress })).version;
    }
    return { ok: true, versions };
  } catch (error) {
    if (!(error instanceof DebianError)) throw error;
    return { ok: false, reason: error.message, remedy: UBOOT_REMEDY };
  }
}
