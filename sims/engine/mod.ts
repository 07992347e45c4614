/** What simulated targets stand on: virtual time, seeded chance, wires, registers, snapshots. */
export { type Alarm, type EngineTimer, type Executor, VirtualClock } from "./clock.ts";
export {
  type Access,
  type AfterRead,
  Peripheral,
  type ReadEffect,
  type Width,
  type WriteEffect,
} from "./peripheral.ts";
export {
  defineRegisters,
  describeRegister,
  fieldOf,
  type FieldSpec,
  type RegisterAt,
  type RegisterSpec,
  type RegisterTable,
  withField,
} from "./registers.ts";
export {
  loadParts,
  type Part,
  type PartState,
  type PartStates,
  saveParts,
  SnapshotError,
} from "./snapshot.ts";
export { type Drive, type Level, Wire, type WireDriver, type WireListener } from "./wire.ts";
export { Random } from "hil/time/mod.ts";
