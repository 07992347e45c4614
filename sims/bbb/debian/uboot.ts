/**
 * Debian's own U-Boot for the board (package `u-boot-omap`), the proof that the simulator is one of
 * the real thing. A build is pinned for each suite, so that scenarios see the same bytes everywhere;
 * when a suite has only a newer one, that is used, and said.
 */
import { DebianError } from "./error.ts";
import {
  CACHE,
  cachedPackage,
  type FetchOptions,
  fetchPackage,
  type Package,
  sha256Of,
  type Wanted,
} from "./package.ts";

export type UbootSuite = "bullseye" | "bookworm";

export interface Uboot {
  readonly suite: UbootSuite;
  /** As Debian counts: "2023.01+dfsg-2+deb12u3". */
  readonly version: string;
  /** Whether it is the build that scenarios were written with. */
  readonly pinned: boolean;
  /** Absolute path of the first stage, TOC and header included. */
  readonly mlo: string;
  /** Absolute path of the second stage. */
  readonly uboot: string;
  /** In hexadecimal. */
  readonly sha256: { readonly mlo: string; readonly uboot: string };
}

interface Pin {
  readonly version: string;
  /** Of the .deb. */
  readonly sha256: string;
  readonly mlo: string;
  readonly uboot: string;
}

const PINS: Readonly<Record<UbootSuite, Pin>> = {
  bullseye: {
    version: "2021.01+dfsg-5",
    sha256: "d13238f83c9066996bdc8af2ce82573efb3942770a7a9aad9e803403b87480d0",
    mlo: "22f3cd82eaab48445a4ad78124998acba84724c24739e6f50a00cd54249a5208",
    uboot: "c82187123f35068676612bd759a161d10ef2e798c52929d948181c68882729bd",
  },
  bookworm: {
    version: "2023.01+dfsg-2+deb12u3",
    sha256: "a599b9fa74ad2d8ee61b865a663235f1e42ca0078c26f163b730231960a1537c",
    mlo: "e3c2b281b7891eff7198eb835e8bb82aa3bef4617532d78770bfba14aa7408d0",
    uboot: "e78bad6dcdcc7a2b3623c7cf383685067bc8b5409d869c2c62ed3edd233bddc8",
  },
};

/** What gets it when it is missing: for those who skip without it. */
export const UBOOT_REMEDY =
  `run "deno run --allow-read --allow-write --allow-run --allow-env sims/bbb/debian/main.ts"`;

/** Of the two builds in the package the one that knows all boards of the family. */
const FOLDER = "usr/lib/u-boot/am335x_evm";

/** It without any network; undefined when it has not been fetched yet. */
export async function cachedUboot(
  suite: UbootSuite,
  { cache = CACHE }: { readonly cache?: string } = {},
): Promise<Uboot | undefined> {
  const found = await cachedPackage(wantedOf(suite), cache);
  return found && await ubootOf(suite, found);
}

/**
 * @throws DebianError when it cannot be fetched, or its files were changed since
 * @example
 * ```ts ignore
 * const { mlo, uboot, version } = await fetchUboot("bookworm", { progress: console.error });
 * ```
 */
export async function fetchUboot(suite: UbootSuite, options: FetchOptions = {}): Promise<Uboot> {
  const uboot = await ubootOf(suite, await fetchPackage(wantedOf(suite), options));
  if (!uboot.pinned) {
    options.progress?.(
      `note: Debian ${suite} has U-Boot ${uboot.version} now, not ${PINS[suite].version} ` +
        `that the scenarios were written with (pins: sims/bbb/debian/uboot.ts)`,
    );
  }
  return uboot;
}

function wantedOf(suite: UbootSuite): Wanted {
  const { version, sha256 } = PINS[suite];
  return { suite, architecture: "armhf", name: "u-boot-omap", pin: { version, sha256 } };
}

async function ubootOf(suite: UbootSuite, found: Package): Promise<Uboot> {
  const pin = PINS[suite];
  const pinned = found.sha256 === pin.sha256;
  const mlo = `${found.root}/${FOLDER}/MLO`, uboot = `${found.root}/${FOLDER}/u-boot.img`;
  const sha256 = {
    mlo: await checked(mlo, pinned ? pin.mlo : undefined, found),
    uboot: await checked(uboot, pinned ? pin.uboot : undefined, found),
  };
  return { suite, version: found.version, pinned, mlo, uboot, sha256 };
}

async function checked(file: string, pin: string | undefined, found: Package): Promise<string> {
  const remedy = `remove the folder "${found.root.replace(/\/root$/, "")}" and fetch it again`;
  const is = await sha256Of(file).catch((cause) => {
    throw new DebianError(`Cannot read "${file}": ${cause.message}; ${remedy}`, { cause });
  });
  if (pin === undefined || is === pin) return is;
  throw new DebianError(
    `Cannot use "${file}": its sha256 is ${is}, and that of ${found.name} ${found.version} is ` +
      `${pin}: it was changed after it was unpacked; ${remedy}`,
  );
}
