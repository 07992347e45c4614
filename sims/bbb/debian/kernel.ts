/**
 * Debian's kernel for ARMv7 and its static busybox, pinned: a whole operating system as a test of the
 * processor, and larger than U-Boot by far (43 MB to fetch), so only those get it who ask for it.
 */
import { DebianError } from "./error.ts";
import {
  CACHE,
  cachedPackage,
  type FetchOptions,
  fetchPackage,
  type Package,
  type Wanted,
} from "./package.ts";

export interface Kernel {
  /** As Debian counts: "6.1.176-1". */
  readonly version: string;
  /** Absolute path of the zImage. */
  readonly image: string;
  /** Absolute path of the device tree of the BeagleBone Black. */
  readonly deviceTree: string;
  /** Absolute path of a program that is a shell and its commands. */
  readonly busybox: string;
}

const RELEASE = "6.1.0-50-armmp";
const KERNEL: Wanted = {
  suite: "bookworm",
  architecture: "armhf",
  name: `linux-image-${RELEASE}`,
  pin: {
    version: "6.1.176-1",
    sha256: "ddd1d8dd0c6beabb9eb96bcfab26549eb30c63331bae31de481ffae4af0e982a",
  },
};
const BUSYBOX: Wanted = {
  suite: "bookworm",
  architecture: "armhf",
  name: "busybox-static",
  pin: {
    version: "1:1.35.0-4+deb12u1+b1",
    sha256: "2f68dbeaebeda49f3cde34ac421d5add85fb1c837ff7c4a4971945340d9d66ff",
  },
};

/** What gets it when it is missing: for those who skip without it. */
export const KERNEL_REMEDY =
  `run "deno run --allow-read --allow-write --allow-run --allow-env sims/bbb/debian/main.ts --kernel"`;

/** It without any network; undefined when it has not been fetched yet. */
export async function cachedKernel(cache = CACHE): Promise<Kernel | undefined> {
  const kernel = await cachedPackage(KERNEL, cache);
  const busybox = await cachedPackage(BUSYBOX, cache);
  return kernel && busybox && kernelOf(kernel, busybox);
}

/** @throws DebianError when it is not in the cache and cannot be fetched */
export async function fetchKernel(options: FetchOptions = {}): Promise<Kernel> {
  return kernelOf(await fetchPackage(KERNEL, options), await fetchPackage(BUSYBOX, options));
}

async function kernelOf(kernel: Package, busybox: Package): Promise<Kernel> {
  const paths = {
    image: `${kernel.root}/boot/vmlinuz-${RELEASE}`,
    deviceTree: `${kernel.root}/usr/lib/linux-image-${RELEASE}/am335x-boneblack.dtb`,
    busybox: `${busybox.root}/bin/busybox`,
  };
  for (const path of Object.values(paths)) {
    try {
      await Deno.stat(path);
    } catch (cause) {
      throw new DebianError(
        `Cannot use Debian's kernel ${kernel.version}: it has no "${path}"; ` +
          `remove "${kernel.root}" and ${KERNEL_REMEDY}`,
        { cause },
      );
    }
  }
  return { version: kernel.version, ...paths };
}
