/**
 * What is made of traces after the run: compared, freed of secrets, made from other recordings.
 *
 * @example
 * ```ts ignore
 * const { same, comparison, verdict } = await diffTraces("green/trace.jsonl", "red/trace.jsonl");
 * if (!same) console.log(comparison.differences[0], verdict.likely);
 * ```
 */
export { type DiffOptions, diffTraces, type TraceDiff } from "./diff/diff.ts";
export type { DescribeFrame } from "./diff/items.ts";
export { NOISE, type NoiseRule } from "./diff/noise.ts";
export { diffJson, diffText, type Paints, type TextOptions } from "./diff/text.ts";
export { type OwnRule, ownRules, RulesError } from "./rules.ts";
export {
  ImportError,
  importLog,
  type ImportOptions,
  importPackets,
  type TimedPacket,
} from "./import/import.ts";
export { LOG_FORMATS, type LogFormat } from "./import/log.ts";
export { lastGreen } from "./last_green.ts";
export { RedactError, type Redaction, type RedactOptions, redactTrace } from "./redact/redact.ts";
export { type SecretRule, SECRETS } from "./redact/secrets.ts";
