/**
 * Scenario files out of programs: what a trace tells that a scenario did, as TypeScript that can be
 * put into `scenarios/`.
 *
 * @example
 * ```ts ignore
 * const text = scenarioFile(scriptOf(program), { name: "a write is lost", about: ["…"], moduleOf });
 * await Deno.writeTextFile("scenarios/lost.scenario.ts", await formatted(text));
 * ```
 */
export { oneLine } from "./body.ts";
export type { NeedOptions, Source } from "./needs.ts";
export { type Ending, type FileOptions, formatted, scenarioFile } from "./scenario_file.ts";
export {
  type Action,
  type Callback,
  type Came,
  keysIn,
  makerOf,
  makersOf,
  rootOf,
  type Script,
  scriptOf,
  type ScriptOptions,
} from "./script.ts";
export { durationText, expressionOf } from "./values.ts";
