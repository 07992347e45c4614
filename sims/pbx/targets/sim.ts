/** The target "sim" of the role "pbx": a PBX on virtual time, on the wire like one of four. */
import { defineTarget } from "hil";
import type { Pbx } from "../port.ts";
import { SimPbx, type SimPbxOptions } from "../sim_pbx.ts";

export default defineTarget<Pbx>({
  title: "simulated PBX on virtual time",
  offers: ["phones"],
  deterministic: true,
  availability: () => ({ ok: true }),
  start({ timeline, seed, options, defer }): Promise<Pbx> {
    const pbx = new SimPbx(timeline, seed, options as SimPbxOptions);
    defer("stop the simulated PBX", () => pbx.kill());
    return Promise.resolve(pbx);
  },
});
