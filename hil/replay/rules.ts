/** Own rules, from a file that a person wrote: checked, with what was meant when they are wrong. */

export interface OwnRule {
  readonly name: string;
  readonly match?: RegExp;
  readonly fields?: RegExp;
  readonly channels?: RegExp;
}

/** Thrown for a file of rules that cannot be used. */
export class RulesError extends Error {
  override readonly name = "RulesError";

  constructor(file: string, what: string) {
    super(`Cannot use the rules "${file}": ${what}`);
  }
}

const KEYS = ["name", "match", "fields", "channels"] as const;

export interface RulesShape {
  readonly file: string;
  /** The key that the list of rules is under: "noise", "secrets". */
  readonly list: string;
  readonly didYouMean: (typed: string, names: readonly string[]) => string;
}

/**
 * The rules of a file that was parsed: `{ noise: [{ name: "build", match: "build \\d+" }] }`.
 * `match` and `fields`, which is matched against whole names, are regular expressions.
 *
 * @throws RulesError
 */
export function ownRules(document: unknown, { file, list, didYouMean }: RulesShape): OwnRule[] {
  const fail = (what: string): never => {
    throw new RulesError(file, what);
  };
  if (!isObject(document)) {
    return fail(`it is no object; write "${list}:" and a list of rules under it`);
  }
  const stray = Object.keys(document).find((key) => key !== list);
  if (stray !== undefined) fail(`it has "${stray}"; ${didYouMean(stray, [list])}`);
  const rules = document[list];
  if (!Array.isArray(rules)) return fail(`its "${list}" is no list; write rules with "- name: …"`);
  return rules.map((rule, i) => {
    const where = `rule ${i + 1} of "${list}"`;
    if (!isObject(rule)) return fail(`${where} is no object; write name: and match:`);
    const unknown = Object.keys(rule).find((key) => !KEYS.some((known) => known === key));
    if (unknown !== undefined) fail(`${where} has "${unknown}"; ${didYouMean(unknown, KEYS)}`);
    if (typeof rule.name !== "string" || rule.name === "") {
      fail(`${where} has no name; give it one`);
    }
    const [match, fields, channels] = (["match", "fields", "channels"] as const)
      .map((key) => compiled(rule[key], key, (what) => fail(`${where}: ${what}`)));
    if (!match && !fields && !channels) {
      fail(`${where} matches nothing; give it "match", "fields" or "channels"`);
    }
    return {
      name: rule.name as string,
      ...(match && { match }),
      ...(fields && { fields }),
      ...(channels && { channels }),
    };
  });
}

/** Names of fields and channels are matched as a whole, texts anywhere. */
function compiled(
  value: unknown,
  key: string,
  fail: (what: string) => never,
): RegExp | undefined {
  if (value === undefined) return;
  if (typeof value !== "string" || value === "") return fail(`its ${key} is no text`);
  try {
    const rule = key === "match" ? new RegExp(value, "g") : new RegExp(`^(?:${value})$`);
    if (key === "match" && "".match(rule)) fail(`its match "${value}" matches nothing at all`);
    return rule;
  } catch (error) {
    if (error instanceof RulesError) throw error;
    const why = (error as Error).message.replace(/^Invalid regular expression: /, "");
    return fail(`its ${key} is no regular expression (${why})`);
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
