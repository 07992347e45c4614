/** Statements of a scenario's body that do what a script does. */
import type { Json, ObjectKey } from "../../trace/mod.ts";
import { type Action, type Callback, keysIn, makersOf, rootOf, type Script } from "./script.ts";
import { durationText, expressionOf } from "./values.ts";

export interface BodyOptions {
  /** Has the file import a name from "hil". */
  readonly uses: (name: string) => void;
  /** The scenario's clock: "cache.clock". Without it there are no delays. */
  readonly clock?: string;
  /** Names that are taken. */
  readonly taken: Iterable<string>;
  /** Calls whose result is expected to be something: a text after it, of the name that it has. */
  readonly checks?: ReadonlyMap<number, (name: string) => string>;
  /** The call that throws what the scenario is about: nobody catches it. */
  readonly failing?: number;
}

/** The lines, without indentation. */
export function bodyOf(script: Script, options: BodyOptions): readonly string[] {
  const body = new Body(script, options);
  const lines = body.level();
  return [...body.hoisted, ...lines];
}

/** How a result is called, where it is used. */
interface Named {
  readonly name: string;
  /** It is a promise still. */
  promise: boolean;
}

class Body {
  /** Declarations of what functions give to the calls around them. */
  readonly hoisted: string[] = [];
  readonly #names = new Map<number, Named>();
  readonly #parameters = new Map<ObjectKey, string>();
  readonly #taken: Set<string>;
  readonly #used: ReadonlySet<number>;
  /** Made within a function, and used outside of it. */
  readonly #leaving: ReadonlySet<number>;
  readonly #inlined = new Map<number, string>();

  constructor(private readonly script: Script, private readonly options: BodyOptions) {
    this.#taken = new Set([...options.taken, ...RESERVED]);
    const { actions, callbacks } = script;
    const given = callbacks.filter((callback) => this.#isGiven(callback));
    this.#used = new Set([
      ...actions.flatMap(makersOf),
      ...makersOf({ on: "", args: given.map(({ value }) => value ?? null) }),
    ]);
    const levels = new Map(actions.map(({ id, within }) => [id, within]));
    this.#leaving = new Set(actions.flatMap((action) =>
      makersOf(action).filter((id) => {
        const within = levels.get(id);
        return within !== undefined && within !== action.within;
      })
    ));
  }

  /** Data that a function gives count; living things only where what it was given to gives them on. */
  #isGiven({ on, value }: Callback): boolean {
    const { actions } = this.script;
    const owner = actions.find(({ args }) => args.flatMap(keysIn).includes(on));
    const isUsed = actions.some((action) => owner && makersOf(action).includes(owner.id));
    return isUsed || keysIn(value).length === 0;
  }

  /** Of the body, or of the function that a callback calls. */
  level(within?: number): string[] {
    const own = this.script.actions.filter((action) => action.within === within);
    const callback = this.script.callbacks.find(({ id }) => id === within);
    const last = callback?.awaits ?? own.filter(({ came }) => came).map(({ id }) => id);
    const lines: string[] = [];
    for (const [at, action] of own.entries()) {
      for (const id of action.awaits) lines.push(...this.#awaited(id));
      lines.push(...this.#delay(action.delayNs));
      lines.push(...this.#call(action, own[at + 1]?.awaits ?? last, own[at + 1]));
    }
    for (const id of last) lines.push(...this.#awaited(id));
    return lines;
  }

  /** @param awaited what is waited for after it and before `next`, or the end */
  #call(action: Action, awaited: readonly number[], next: Action | undefined): string[] {
    const { id, came } = action;
    const call = this.#expression(action);
    const check = this.options.checks?.get(id);
    // Pending to the end: nobody is there who could wait for it.
    if (!came) return this.#used.has(id) ? this.#named(action, call) : [`void ${call};`];
    if (came.sync && came.error && id !== this.options.failing) {
      return ["try {", `${call};`, "} catch {", `// ${oneLine(came.error.message)}`, "}"];
    }
    const isAwaited = came.sync || awaited.includes(id);
    if (!isAwaited) return this.#promise(action, this.#caught(action, call));
    if (this.#isForNext(action, next, check)) {
      this.#inlined.set(id, came.sync ? call : `(await ${call})`);
      return [];
    }
    const whole = came.sync ? call : `await ${this.#caught(action, call)}`;
    return this.#named(action, whole, check);
  }

  /** Its result is what the next one is called on, and nothing else. */
  #isForNext({ id, came }: Action, next: Action | undefined, check: unknown): boolean {
    if (!next || check || came?.error || next.delayNs > 0) return false;
    if (this.#leaving.has(id) || this.#leaving.has(next.id)) return false;
    if (next.awaits.some((other) => other !== id)) return false;
    const users = this.script.actions.filter((other) => makersOf(other).includes(id));
    const isIn = (values: readonly (Json | undefined)[]) =>
      values.flatMap(keysIn).some((key) => rootOf(key) === `#${id}`);
    return users.length === 1 && users[0] === next && rootOf(next.on) === `#${id}` &&
      !isIn(next.args) && !isIn(this.script.callbacks.map(({ value }) => value));
  }

  #named(action: Action, expression: string, check?: (name: string) => string): string[] {
    if (!check && !this.#used.has(action.id)) return [`${expression};`];
    const name = this.#name(action);
    this.#names.set(action.id, { name, promise: false });
    return [this.#declared(action, name, expression), ...check ? [check(name)] : []];
  }

  #declared(action: Action, name: string, expression: string): string {
    if (!this.#leaving.has(action.id)) return `const ${name} = ${expression};`;
    const type = `ReturnType<typeof ${this.#object(action.on)}${member(action.method)}>`;
    this.hoisted.push(`let ${name}!: ${action.came?.sync ? type : `Awaited<${type}>`};`);
    return `${name} = ${expression};`;
  }

  /** One that others are made beside. */
  #promise(action: Action, expression: string): string[] {
    const name = this.#name(action);
    this.#names.set(action.id, { name, promise: true });
    return [`const ${name} = ${expression};`];
  }

  #awaited(id: number): string[] {
    const named = this.#names.get(id);
    if (!named?.promise) return [];
    named.promise = false;
    const check = this.options.checks?.get(id);
    if (!this.#used.has(id) && !check) return [`await ${named.name};`];
    const name = this.#fresh(`${named.name}Result`);
    this.#names.set(id, { name, promise: false });
    return [`const ${name} = await ${named.name};`, ...check ? [check(name)] : []];
  }

  /** An error that the recorded scenario lived with does not end this one. */
  #caught({ id, came }: Action, call: string): string {
    return came?.error && id !== this.options.failing ? `${call}.catch(() => {})` : call;
  }

  #delay(delayNs: number): string[] {
    const { clock, uses } = this.options;
    if (delayNs === 0 || clock === undefined) return [];
    return [`await ${clock}.until(() => undefined, ${durationText(delayNs, uses)});`];
  }

  #expression({ on, method, args }: Action): string {
    const values = args.map((arg) => this.#value(arg));
    while (values.at(-1) === "undefined") values.pop();
    // A promise that the port has as a property.
    if (method === "then" && args.length === 0) return this.#object(on);
    return `${this.#object(on)}${method && member(method)}(${values.join(", ")})`;
  }

  #value(value: Json): string {
    const { uses } = this.options;
    return expressionOf(value, { object: (key) => this.#object(key), uses });
  }

  #object(key: ObjectKey): string {
    const [root, ...path] = key.split(".");
    if (/^fn\d+$/.test(root!)) return this.#function(key);
    const parameter = this.#parameters.get(key);
    if (parameter) return parameter;
    const [, id] = root!.match(/^#(\d+)$/) ?? [];
    const known = this.#inlined.get(Number(id)) ?? this.#names.get(Number(id))?.name;
    const start = id === undefined ? root! : known ?? `undefined! /* ${root} */`;
    return start + path.map(member).join("");
  }

  #function(key: ObjectKey): string {
    const [first, ...more] = this.script.callbacks.filter(({ on }) => on === key);
    if (!first) return "() => {}";
    const parameters = first.args.map((arg) => this.#parameter(arg)).join(", ");
    const lines = this.#inside(first);
    const note = more.length > 0 ? [`// It was called ${more.length + 1} times.`] : [];
    const body = [...note, ...lines].join("\n");
    return `${first.sync ? "" : "async "}(${parameters}) => {\n${body}\n}`;
  }

  #inside(callback: Callback): string[] {
    const lines = this.level(callback.id);
    const { value } = callback;
    const nothing = value === undefined || !this.#isGiven(callback) ||
      JSON.stringify(value) === '{"$":"undefined"}';
    return nothing ? lines : [...lines, `return ${this.#value(value)};`];
  }

  #parameter(arg: Json): string {
    const [key] = keysIn(arg);
    const name = this.#fresh("given");
    if (key !== undefined) this.#parameters.set(key, name);
    return name;
  }

  #name({ method, on }: Action): string {
    return this.#fresh(/^[a-z]\w*$/i.test(method) ? method : on.replace(/\W/g, "") || "result");
  }

  #fresh(wanted: string): string {
    for (let n = 1;; n++) {
      const name = n === 1 ? wanted : `${wanted}${n}`;
      if (this.#taken.has(name)) continue;
      this.#taken.add(name);
      return name;
    }
  }
}

function member(name: string): string {
  if (/^\d+$/.test(name)) return `[${name}]!`;
  return /^[A-Za-z_$][\w$]*$/.test(name) ? `.${name}` : `[${JSON.stringify(name)}]`;
}

export function oneLine(text: string): string {
  return text.split("\n", 1)[0]!.slice(0, 160);
}

/** What a variable cannot be called, or would hide. */
const RESERVED = [
  ...["break", "case", "catch", "class", "const", "continue", "debugger", "default", "delete"],
  ...["do", "else", "export", "extends", "false", "finally", "for", "function", "if", "import"],
  ...["in", "instanceof", "new", "null", "return", "super", "switch", "this", "throw", "true"],
  ...["try", "typeof", "var", "void", "while", "with", "let", "static", "yield", "await", "async"],
  ...["enum", "implements", "interface", "package", "private", "protected", "public"],
  ...["arguments", "eval", "undefined", "scenario", "expect", "need", "step", "seconds", "ms"],
  ...["us", "ns", "minutes"],
];
