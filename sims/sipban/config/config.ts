/** The configuration: a file of YAML, and over it the command line; both with the names of OPTIONS. */
import { isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from "yaml";
import { type Config, isOption, type Option, type OptionName, OPTIONS } from "./options.ts";

/** All that is wrong, a line each: "/etc/sipban.yaml:3:1: …". */
export class ConfigError extends Error {
  override readonly name = "ConfigError";

  constructor(readonly problems: readonly string[]) {
    super(problems.join("\n"));
  }
}

type Texts = Map<OptionName, readonly { readonly text: string; readonly at: string }[]>;

/** What of the command line are options; the rest is left. */
export interface Given {
  readonly options: readonly (readonly [name: string, text: string])[];
}

/**
 * @param file its name and text
 * @throws ConfigError
 */
export function readConfig(given: Given, file?: { readonly name: string; readonly text: string }) {
  const problems: string[] = [];
  const texts: Texts = file ? fileTexts(file.name, file.text, problems) : new Map();
  for (const [name, all] of lineTexts(given, problems)) texts.set(name, all);
  const config: Record<string, unknown> = {};
  for (const [name, option] of Object.entries<Option>(OPTIONS)) {
    const all = texts.get(name as OptionName);
    if (!all) config[name] = option.default;
    else config[name] = values(name, option, all, problems);
  }
  if (problems.length === 0) return config as unknown as Config;
  throw new ConfigError(problems);
}

function values(
  name: string,
  option: Option,
  texts: readonly { readonly text: string; readonly at: string }[],
  problems: string[],
): unknown {
  const read = texts.map(({ text, at }) => {
    try {
      return option.read(text);
    } catch (error) {
      problems.push(`${at}: Cannot set ${name} to "${text}": ${(error as Error).message}`);
      return undefined;
    }
  });
  return option.list ? read : read.at(-1);
}

function lineTexts({ options }: Given, problems: string[]): Texts {
  const texts: Texts = new Map();
  for (const [name, text] of options) {
    const at = "command line";
    if (!isOption(name)) {
      problems.push(`${at}: Cannot set "${name}": there is no such option; --help has all`);
      continue;
    }
    const option: Option = OPTIONS[name];
    // A command's arguments may hold commas: each is given by itself.
    const all = option.list && name !== "command" ? text.split(",") : [text];
    texts.set(name, [...texts.get(name) ?? [], ...all.map((text) => ({ text, at }))]);
  }
  return texts;
}

function fileTexts(name: string, text: string, problems: string[]): Texts {
  const lineCounter = new LineCounter();
  const place = (offset = 0) => {
    const { line, col } = lineCounter.linePos(offset);
    return `${name}:${Math.max(1, line)}:${Math.max(1, col)}`;
  };
  const texts: Texts = new Map();
  const { errors, contents } = parseDocument(text, { lineCounter, prettyErrors: false });
  for (const { message, pos: [at] } of errors.slice(0, 1)) {
    problems.push(`${place(at)}: Cannot read it: ${message.split("\n")[0]}; write it as YAML`);
  }
  if (errors.length > 0 || contents === null) return texts;
  if (!isMap<Node, Node | null>(contents)) {
    problems.push(`${place()}: Cannot read it: it is no map; write "max-failures: 10"`);
    return texts;
  }
  for (const { key, value } of contents.items) {
    const at = place(key.range?.[0]);
    const option = isScalar(key) ? String(key.value) : "";
    if (!isOption(option)) {
      problems.push(`${at}: Cannot set "${option}": there is no such option; --help has all`);
      continue;
    }
    const items = isSeq<Node>(value) ? value.items : value ? [value] : [];
    const isList = "list" in OPTIONS[option];
    if ((isSeq(value) && !isList) || !items.every((item) => isScalar(item))) {
      problems.push(
        `${at}: Cannot set ${option}: it is no ${isList ? "list" : "single value"}; ` +
          `write "${option}: ${isList ? "[one, two]" : "one"}"`,
      );
      continue;
    }
    texts.set(
      option,
      items.map((item) => ({
        text: `${isScalar(item) ? item.source ?? item.value ?? "" : ""}`,
        at: place(item.range?.[0]),
      })),
    );
  }
  return texts;
}
