/** Values of options: from text to what it means, or a {@link UsageError} that says what is wrong. */
import { type Duration, ms } from "../time/mod.ts";
import { UsageError } from "./command_line.ts";

/** Any text, as it is. */
export function text(value: string): string {
  return value;
}

/** A whole number in decimal digits, `min` to `max`. */
export function whole(what: string, min: number, max: number): (text: string) => number {
  return (text) => {
    const number = /^\d{1,16}$/.test(text) ? Number(text) : NaN;
    if (number >= min && number <= max) return number;
    throw new UsageError(
      `Cannot use the ${what} "${text}": it is no whole number from ${min} to ${max}; give one`,
    );
  };
}

/** A regular expression of JavaScript. */
export function regExp(text: string): RegExp {
  try {
    return new RegExp(text, "u");
  } catch (error) {
    const why = (error as Error).message.replace(/^Invalid regular expression: \/.*\/u: /s, "");
    throw new UsageError(
      `Cannot use the regular expression "${text}": ${lowerFirst(why)}; ` +
        `correct it, with \\ before what is meant as it stands`,
    );
  }
}

const UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1e3, min: 60e3, h: 3600e3 };

/** "90s", "1.5 min", "500ms". */
export function duration(text: string): Duration {
  const [, amount, unit] = text.match(/^(\d+(?:\.\d+)?) ?(ms|s|min|h)$/) ?? [];
  const length = Number(amount) * (UNITS_MS[unit ?? ""] ?? NaN);
  if (length >= 1 && length <= 24 * UNITS_MS.h! * 7) return ms(length);
  throw new UsageError(
    `Cannot use the duration "${text}": it is no time from 1ms to a week; ` +
      `write a number and ms, s, min or h, as in "90s"`,
  );
}

export interface Shard {
  /** From 1. */
  readonly index: number;
  readonly count: number;
}

/** "2/3": the second of three parts. */
export function shard(text: string): Shard {
  const [, index = NaN, count = NaN] = (text.match(/^(\d{1,4})\/(\d{1,4})$/) ?? []).map(Number);
  if (index >= 1 && index <= count) return { index, count };
  throw new UsageError(
    `Cannot use the shard "${text}": it is no part I/N with I from 1 to N; write 1/3, 2/3 or 3/3`,
  );
}

export interface Use {
  readonly role: string;
  readonly targets: readonly string[];
}

/**
 * "diskcache=model,qemu", or "pbx=capture:FILE": what is behind a colon is for the target, up to a
 * comma. Whether the bench has them is for {@link checkUse}.
 */
export function use(text: string): Use {
  const equals = text.indexOf("=");
  const role = text.slice(0, equals).trim();
  const targets = text.slice(equals + 1).split(",").map((target) => target.trim());
  const bare = targets.find((target) => /^[^:]+:$/.test(target));
  if (bare !== undefined) {
    throw new UsageError(
      `Cannot use "${bare}" for --use: nothing is behind the colon; write the target's argument ` +
        `there, or leave the colon out`,
    );
  }
  if (equals > 0 && role && targets.every((target) => /^[^:]/.test(target))) {
    return { role, targets: [...new Set(targets)] };
  }
  throw new UsageError(
    `Cannot use "${text}" for --use: it is no ROLE=TARGET; write for example "diskcache=qemu", ` +
      `or "diskcache=model,qemu" for both`,
  );
}

function lowerFirst(text: string): string {
  return text.slice(0, 1).toLowerCase() + text.slice(1);
}
