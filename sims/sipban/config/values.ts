/** What the values of options may be, and how they are written: each reader gives a value or throws why not. */
import { parseNetwork } from "../core/mod.ts";

/** Takes a text, as the command line and YAML give it. @throws RangeError: "it is …; write …" */
export type Read<T> = (text: string) => T;

export function whole(least: number, most = Number.MAX_SAFE_INTEGER): Read<number> {
  return (text) => {
    const value = /^[0-9]+$/.test(text) ? Number(text) : NaN;
    if (value >= least && value <= most) return value;
    const range = most === Number.MAX_SAFE_INTEGER ? `from ${least} on` : `${least} to ${most}`;
    throw new RangeError(`it is no whole number in range; write one ${range}`);
  };
}

export const factor: Read<number> = (text) => {
  const value = /^[0-9]+(\.[0-9]+)?$/.test(text) ? Number(text) : NaN;
  if (value >= 1) return value;
  throw new RangeError("it is no number from 1 on; write one, as 4 or 1.5");
};

const UNITS: Readonly<Record<string, number>> = { ms: 0.001, s: 1, m: 60, h: 3600, d: 86_400 };

/** In seconds. */
export const duration: Read<number> = (text) => {
  const [, amount, unit = "s"] = /^([0-9]+(?:\.[0-9]+)?)(ms|s|m|h|d)?$/.exec(text) ?? [];
  if (amount !== undefined) return Number(amount) * UNITS[unit]!;
  throw new RangeError("it is no time; write seconds, or a number with ms, s, m, h or d: 10m");
};

export const truth: Read<boolean> = (text) => {
  if (text === "true" || text === "false") return text === "true";
  throw new RangeError("it is neither true nor false; write one of them");
};

export function oneOf<const T extends string>(...words: readonly T[]): Read<T> {
  return (text) => {
    const word = words.find((word) => word === text);
    if (word !== undefined) return word;
    throw new RangeError(`it is none of ${words.join(", ")}; write one of them`);
  };
}

export function pattern(form: RegExp, what: string): Read<string> {
  return (text) => {
    if (form.test(text)) return text;
    throw new RangeError(`it is not ${what}; write it so`);
  };
}

export const network: Read<string> = (text) => {
  try {
    return parseNetwork(text).text;
  } catch {
    throw new RangeError("it is no address or network; write it as 198.51.100.0/24 or 2001:db8::1");
  }
};

/** Only to this machine: what it tells is nobody else's business. */
export const loopback: Read<string> = (text) => {
  if (/^(127\.[0-9.]+|\[::1\]|localhost):[0-9]{1,5}$/.test(text) || text === "off") return text;
  throw new RangeError("it is no loopback address with a port; write 127.0.0.1:9117, or off");
};

export const url: Read<string> = (text) => {
  if (/^https?:\/\//.test(text) && URL.canParse(text)) return text;
  throw new RangeError("it is no URL of HTTP; write it as https://host/path");
};
