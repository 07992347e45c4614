/**
 * A telephone exchange: the port that scenarios need, and the network that its targets share with
 * others. The targets are named by the bench file and not imported here.
 */
export * from "./port.ts";
export {
  type CapturedPbxLab,
  offerPbxLab,
  type PbxHost,
  type PbxLab,
  pbxLabOf,
  type PbxWeb,
  type RealPbxLab,
  type SimFilter,
  type SimulatedPbxLab,
} from "./lab.ts";
