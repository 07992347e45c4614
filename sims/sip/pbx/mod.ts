/** A PBX in virtual time, with the wire of four real ones. */
export { type Binding, type BindingLimits, Bindings, LIMITS } from "./bindings.ts";
export { Pbx, type PbxEvent, type PbxOptions } from "./pbx.ts";
export { type PbxProfile, type PbxVariant, PROFILES } from "./profiles.ts";
