/**
 * Words of Asterisk's configuration files (its `configs/` and main/config.c): one line each, `;`
 * begins a comment. What could be more than one word is refused, not escaped: of the two dialects
 * that read these files (a value, and an argument of an application) none has an escape for all.
 */
import { isIP } from "node:net";

/** A value on the right of `=`, which Asterisk reads as it is. @throws TypeError */
export function value(text: string, what: string): string {
  const wrong = /[\p{Cc}\u2028\u2029]/u.test(text)
    ? "it has control characters"
    : /[;\\"]/.test(text)
    ? 'it has ";", "\\" or a quote'
    : text !== text.trim()
    ? "it begins or ends with a space"
    : text === ""
    ? "it is empty"
    : undefined;
  if (wrong === undefined) return text;
  throw new TypeError(`Cannot configure ${what} "${shown(text)}": ${wrong}; choose another one`);
}

/** Sections that Asterisk's own files have, and names that we give ourselves. */
const TAKEN = /^(general|global|system|authentication|globals|pbx-.*)$/i;

/**
 * Of a phone: a section, an extension and a part of an application's argument at once.
 *
 * @throws TypeError
 */
export function userName(text: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(text) && text.length <= 79 && !TAKEN.test(text)) {
    return text;
  }
  throw new TypeError(
    `Cannot configure phone "${
      shown(text)
    }": a name has letters, digits, ".", "_" and "-", is no ` +
      `section of Asterisk's own and does not begin with "pbx-"; choose another one`,
  );
}

/** What is dialled. @throws TypeError */
export function extension(text: string): string {
  if (/^[A-Za-z0-9*#+][A-Za-z0-9*#+._-]*$/.test(text) && text.length <= 79) return text;
  throw new TypeError(
    `Cannot configure extension "${shown(text)}": it has letters, digits and "*#+._-"; choose ` +
      `another one`,
  );
}

/** An IP address; names would be looked up. @throws TypeError */
export function ipAddress(text: string): string {
  if (/^[0-9a-fA-F:.]+$/.test(text) && isIP(text) !== 0) return text;
  throw new TypeError(`Cannot configure address "${shown(text)}": it is no IP address; give one`);
}

/** @throws RangeError */
export function portNumber(port: number): number {
  if (Number.isInteger(port) && port > 0 && port < 65536) return port;
  throw new RangeError(`Cannot configure port "${port}": ports are 1 to 65535; choose one`);
}

/** `[name]` and a line for each key; keys with several values have a line for each. */
export function section(
  name: string,
  keys: Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>,
): string {
  const lines = Object.entries(keys).flatMap(([key, given]) => {
    if (given === undefined) return [];
    const values = Array.isArray(given) ? given : [given];
    return values.map((one) => `${key} = ${typeof one === "boolean" ? yesNo(one) : one}\n`);
  });
  return `[${name}]\n${lines.join("")}\n`;
}

function yesNo(value: boolean): string {
  return value ? "yes" : "no";
}

function shown(text: string): string {
  return text.slice(0, 80).replace(/\p{Cc}/gu, "�");
}
