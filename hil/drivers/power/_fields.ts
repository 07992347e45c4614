/** What the keys of a configuration must look like. */
import { suggestion } from "../../bench/mod.ts";

/** One key: what is wanted of it, for people, and how it is read; undefined when it is wrong. */
export interface Field<T> {
  readonly wanted: string;
  readonly optional?: boolean;
  readonly read: (value: unknown) => T | undefined;
}

/** A field for each key of a configuration. */
export type Fields<Config> = { readonly [Key in keyof Config]-?: Field<Config[Key]> };

export function optional<T>(field: Field<T>): Field<T | undefined> {
  return { ...field, optional: true };
}

export const text: Field<string> = {
  wanted: "text",
  read: (value) => typeof value === "string" && value.trim() !== "" ? value : undefined,
};

export const flag: Field<boolean> = {
  wanted: "true or false",
  read: (value) => typeof value === "boolean" ? value : undefined,
};

export function whole(least: number): Field<number> {
  const read = (value: unknown) =>
    Number.isSafeInteger(value) && value as number >= least ? value as number : undefined;
  return { wanted: `a whole number from ${least}`, read };
}

export const url: Field<string> = {
  wanted: 'an address as "http://10.0.0.5/"',
  read: (value) => {
    if (typeof value !== "string" || !URL.canParse(value)) return undefined;
    return /^https?:$/.test(new URL(value).protocol) ? value : undefined;
  },
};

export const pattern: Field<string> = {
  wanted: "a regular expression",
  read: (value) => {
    try {
      return typeof value === "string" && new RegExp(value) ? value : undefined;
    } catch {
      return undefined;
    }
  },
};

/** Arguments as they are; YAML has numbers where a person writes digits. */
export const argumentList: Field<readonly string[]> = {
  wanted: "a list of a program and its arguments, for no shell looks at it",
  read: (value) => {
    if (!Array.isArray(value) || value.length === 0) return undefined;
    const words = value.map((word) => typeof word === "number" ? `${word}` : word);
    return words.every((word) => typeof word === "string") && words[0] !== "" ? words : undefined;
  },
};

export const texts: Field<Readonly<Record<string, string>>> = {
  wanted: "a map of texts",
  read: (value) => {
    if (!isMap(value)) return undefined;
    const fine = Object.values(value).every((item) => typeof item === "string");
    return fine ? value as Record<string, string> : undefined;
  },
};

export function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * The values of all fields.
 *
 * @param what whose they are, for errors: `a power of kind "uhubctl"`
 * @throws TypeError that says what the first wrong key should be
 */
export function read<Config>(
  value: Readonly<Record<string, unknown>>,
  fields: Fields<Config>,
  what: string,
): Config {
  const known = Object.keys(fields);
  for (const key of Object.keys(value)) {
    if (known.includes(key)) continue;
    throw new TypeError(`Cannot use ${what}: it has no key "${key}"; ${suggestion(key, known)}`);
  }
  const config: Record<string, unknown> = {};
  for (const [key, field] of Object.entries<Field<unknown>>(fields)) {
    const given = value[key];
    if (given === undefined && field.optional) continue;
    const found = given === undefined ? undefined : field.read(given);
    if (found === undefined) {
      const is = given === undefined ? "is missing" : `is ${JSON.stringify(given)}`;
      throw new TypeError(`Cannot use ${what}: "${key}" ${is}; write ${field.wanted}`);
    }
    config[key] = found;
  }
  return config as Config;
}
