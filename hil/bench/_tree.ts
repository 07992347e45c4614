/**
 * YAML 1.2 (core schema) as a tree of plain values that know their place. Everything that a
 * bench file should not hold is a problem here: duplicate keys, unknown tags, a second document,
 * keys that are no text, aliases that grow without bound, numbers that JavaScript would round.
 */
import {
  type Alias,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  Scalar,
  type YAMLMap,
} from "yaml";

/** A value, with the place where it is written. */
export interface Tree {
  readonly at: Place;
  readonly value: Leaf | readonly Tree[] | ReadonlyMap<string, Entry>;
}

export type Leaf = string | number | boolean | null;

export interface Entry {
  /** Of the key. */
  readonly at: Place;
  readonly tree: Tree;
}

/** Line and column, from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

export type Report = (at: Place, message: string) => void;

/** Values that a file may have, those repeated by aliases included. */
const MOST_VALUES = 20_000;
const DEEPEST = 50;
const TOO_DEEP = `values are nested too deeply; nest ${DEEPEST} levels at most`;

/** Our words for what the parser says of common mistakes. */
const WORDS: Readonly<Record<string, string>> = {
  TAB_AS_INDENT: "a tab indents this line; indent with spaces",
  MULTIPLE_DOCS: "a second document begins here; make it a file of its own",
  BAD_ALIAS: "this alias is broken; write *name of an anchor &name above it",
};

/**
 * The tree of a text; undefined when it is empty or cannot be parsed, which is then reported.
 *
 * @param example what the file could hold, for the message when it is empty
 */
export function parseTree(
  text: string,
  report: Report,
  example = '"bench: NAME" and "roles:"',
): Tree | undefined {
  const lines = new LineCounter();
  const place = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  const { errors, warnings, contents } = parse(text, lines);
  // The first error is what is wrong; those after it are most often its consequences.
  const [first] = errors.sort((a, b) => a.pos[0] - b.pos[0]);
  for (const { code, message, pos: [start] } of first ? [first] : warnings) {
    const [said = "it cannot be parsed"] = message.split("\n");
    const deep = said.startsWith("Maximum call stack"); // The parser is recursive.
    report(place(start), deep ? TOO_DEEP : WORDS[code] ?? `this is no good YAML: ${said}`);
  }
  if (first) return undefined;
  if (contents === null || (isScalar(contents) && contents.value === null)) {
    report({ line: 1, column: 1 }, `the file is empty; write ${example}`);
    return undefined;
  }
  return new Builder(place, report).tree(contents, 0);
}

function parse(text: string, lineCounter: LineCounter) {
  const options = {
    lineCounter,
    prettyErrors: false,
    uniqueKeys: false,
    logLevel: "error",
  } as const;
  return parseDocument(text, options);
}

class Builder {
  readonly #anchors = new Map<string, Node>();
  #values = 0;

  constructor(readonly place: (offset: number) => Place, readonly report: Report) {}

  tree(node: Node, depth: number): Tree {
    const at = this.#placeOf(node);
    const nothing: Tree = { at, value: null };
    if (++this.#values > MOST_VALUES) {
      if (this.#values === MOST_VALUES + 1) {
        this.report(
          at,
          `the file has more than ${MOST_VALUES} values, aliases included; shorten it`,
        );
      }
      return nothing;
    }
    if (depth > DEEPEST) {
      this.report(at, TOO_DEEP);
      return nothing;
    }
    if (isAlias(node)) return this.#alias(node, depth);
    if ("anchor" in node && node.anchor) this.#anchors.set(node.anchor, node);
    if (isMap(node)) return { at, value: this.#map(node, depth) };
    if (isSeq(node)) {
      return { at, value: node.items.map((item) => this.tree(asNode(item, node), depth + 1)) };
    }
    return { at, value: isScalar(node) ? this.#leaf(node, at) : null };
  }

  #alias(node: Alias, depth: number): Tree {
    const at = this.#placeOf(node);
    const meant = this.#anchors.get(node.source);
    if (meant) return { at, value: this.tree(meant, depth + 1).value };
    this.report(at, `no anchor "&${node.source}" is above; write one, or the value itself`);
    return { at, value: null };
  }

  #map(node: YAMLMap, depth: number): ReadonlyMap<string, Entry> {
    const entries = new Map<string, Entry>();
    for (const { key, value } of node.items) {
      const at = this.#placeOf(asNode(key, node));
      const name = isScalar(key) ? String(key.source ?? key.value) : undefined;
      const first = name === undefined ? undefined : entries.get(name);
      // A value is walked in any case: it may have anchors.
      const tree = this.tree(asNode(value, asNode(key, node)), depth + 1);
      if (name === undefined) this.report(at, "a key is no text; write a word");
      else if (name === "<<") this.report(at, 'merge keys ("<<") are not read; write the keys out');
      else if (first) {
        this.report(at, `the key "${name}" is in line ${first.at.line} already; delete one`);
      } else entries.set(name, { at, tree });
    }
    return entries;
  }

  #leaf({ value, source }: Scalar, at: Place): Leaf {
    if (typeof value === "number") {
      const exact = Number.isInteger(value) ? Number.isSafeInteger(value) : Number.isFinite(value);
      if (!exact) {
        this.report(at, `the number ${source ?? value} cannot be held exactly; quote it as text`);
      }
      return value;
    }
    if (typeof value === "string" || typeof value === "boolean" || value === null) return value;
    this.report(at, "a value is no text, number, truth value, list or map; write one of those");
    return null;
  }

  #placeOf(node: Node): Place {
    return this.place(node.range?.[0] ?? 0);
  }
}

/** What is missing (`key:` and nothing) is an empty value at the place of its owner. */
function asNode(part: unknown, owner: Node): Node {
  if (part !== null && typeof part === "object") return part as Node;
  const empty = new Scalar(null);
  empty.range = owner.range;
  return empty;
}

/** The tree as the values that options are. */
export function plain({ value }: Tree): unknown {
  if (value instanceof Map) {
    const entries = value as ReadonlyMap<string, Entry>;
    return Object.fromEntries([...entries].map(([name, { tree }]) => [name, plain(tree)]));
  }
  return Array.isArray(value) ? (value as readonly Tree[]).map(plain) : value;
}
