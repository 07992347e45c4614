/** Measurements: numbers with unit and limits, kept on a pass too (as in OpenHTF). */
import { caller } from "./caller.ts";
import { currentPlace, stepPath } from "./context.ts";

/** A range; a side that is left out is open. Both ends are inside. */
export interface Limits {
  readonly min?: number;
  readonly max?: number;
}

export interface MeasureOptions {
  readonly unit: string;
  /** Out of it the scenario fails, at its end, with every measurement that is out. */
  readonly within?: Limits;
  /** Out of it, but not out of `within`: passes, and is marked in the reports. */
  readonly marginal?: Limits;
}

/**
 * Records a number. The body goes on after a bad one; the scenario fails when it ends.
 *
 * @throws RangeError when the value is not a finite number, a range is none, or `marginal` is not
 *   inside `within`
 * @example
 * ```ts ignore
 * measure("interrupt latency", 3.2, { unit: "us", within: { max: 10 }, marginal: { max: 8 } });
 * ```
 */
export function measure(name: string, value: number, options: MeasureOptions): void {
  const { context, step } = currentPlace("measure");
  if (!Number.isFinite(value)) {
    throw new RangeError(
      `Cannot record the measurement "${name}": ${value} is not a finite number; check its source`,
    );
  }
  const { unit, within, marginal } = options;
  for (const limits of [within, marginal]) if (limits) checkRange(name, limits);
  if (within && marginal && !(inside(marginal.min, within) && inside(marginal.max, within))) {
    throw new RangeError(
      `Cannot record the measurement "${name}": its marginal limits ${range(marginal)} are not ` +
        `inside its limits ${range(within)}; make them narrower`,
    );
  }
  const verdict = within && !inside(value, within)
    ? "fail"
    : marginal && !inside(value, marginal)
    ? "marginal"
    : "pass";
  context.timeline.record({
    type: "measure",
    name,
    value,
    unit,
    ...(within && { within: pair(within) }),
    ...(marginal && { marginal: pair(marginal) }),
    verdict,
  });
  if (verdict === "fail") {
    context.failures.push({
      name: "MeasurementError",
      message: `${name} is ${value} ${unit}, outside ${range(within!)} ${unit}`,
      blame: "product",
      running: stepPath(step),
      ...caller(measure),
    });
  }
}

function checkRange(name: string, limits: Limits): void {
  const { min = -Infinity, max = Infinity } = limits;
  if (min <= max) return; // False with a NaN, too.
  throw new RangeError(
    `Cannot record the measurement "${name}": no number is in the range ${range(limits)}; ` +
      `give a min that is not more than max`,
  );
}

function inside(value: number | undefined, { min = -Infinity, max = Infinity }: Limits): boolean {
  return value === undefined || (value >= min && value <= max);
}

function pair({ min, max }: Limits): readonly [number | null, number | null] {
  return [min ?? null, max ?? null];
}

function range({ min, max }: Limits): string {
  if (min === undefined) return max === undefined ? "of any number" : `at most ${max}`;
  return max === undefined ? `at least ${min}` : `${min} to ${max}`;
}
