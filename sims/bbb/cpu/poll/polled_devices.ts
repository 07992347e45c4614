/** Devices whose accesses are counted for the skipper. */
import type { Width } from "sims/engine/mod.ts";
import type { DeviceAccess } from "../mmu.ts";
import type { Skipper } from "./skipper.ts";

export class PolledDevices implements DeviceAccess {
  skipper: Skipper | undefined;
  readonly #devices: DeviceAccess;

  constructor(devices: DeviceAccess) {
    this.#devices = devices;
  }

  read(pa: number, width: Width): number {
    const value = this.#devices.read(pa, width);
    this.skipper?.noteRead(pa, value);
    return value;
  }

  write(pa: number, value: number, width: Width): void {
    this.#devices.write(pa, value, width);
    this.skipper?.noteWrite();
  }
}
