/**
 * The smallest script that fails as a recorded program did: delta debugging by re-execution.
 *
 * @example
 * ```ts ignore
 * const wanted = wantedOf([...findingsOf(await execute(script), oracles)], program.failure)!;
 * const fails = async (script: Script) =>
 *   [...findingsOf(await execute(script), oracles)].some(({ key }) => key === wanted.key);
 * const { script: small } = await shrink(script, fails);
 * ```
 */
export { without } from "./edit.ts";
export {
  differenceOf,
  type Finding,
  findingsOf,
  type Observation,
  type Oracles,
  signatureOf,
  wantedOf,
} from "./judge.ts";
export { cameOf, play, type PlayOptions, type Result } from "./play.ts";
export { type Fails, type Progress, shrink, type ShrinkOptions, type Shrunk } from "./shrink.ts";
export { type SeedOptions, shrinkOverSeeds, type ShrunkUnder } from "./seeds.ts";
