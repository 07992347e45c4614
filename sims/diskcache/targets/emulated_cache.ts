/** The disk cache in the guest, with what only QEMU can do with it. */
import type { Qemu } from "hil/drivers/qemu/mod.ts";
import type { BranchPoint, Emulated } from "../emulated.ts";
import { GuestCache, type GuestCacheOptions } from "./guest_cache.ts";
import type { GuestDrives } from "./guest_drives.ts";

export interface EmulatedCacheOptions extends Omit<GuestCacheOptions, "plug"> {
  readonly drives: GuestDrives;
  readonly qemu: Qemu;
  /** Starts another machine of the same kind, on the same drives. */
  readonly boot: () => Promise<Qemu>;
}

export class EmulatedCache extends GuestCache implements Emulated {
  #qemu: Qemu;
  readonly #drives: GuestDrives;
  #points = 0;

  constructor(options: EmulatedCacheOptions) {
    super({
      ...options,
      plug: {
        pull: () => this.#qemu.powerCut(),
        boot: async () => {
          this.#qemu = await options.boot();
          return this.#qemu.serial("com1");
        },
      },
    });
    this.#qemu = options.qemu;
    this.#drives = options.drives;
  }

  async branchPoint(): Promise<BranchPoint> {
    const name = `point${++this.#points}`;
    const returnGuest = await this.moment();
    await this.#qemu.pause();
    const returnDrives = this.#drives.moment();
    await this.#qemu.snapshotSave(name);
    await this.#qemu.cont();
    const rewind = async () => {
      this.#drives.giveUp(); // QEMU does not stop as long as a request is under way.
      await this.#qemu.pause();
      await this.#qemu.snapshotLoad(name);
      returnDrives();
      returnGuest();
      await this.#qemu.cont();
    };
    return { rewind };
  }
}
