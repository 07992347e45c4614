/**
 * Plants a defect: the changed source of the model becomes modules of their own, beside the good
 * ones. Nothing is written to disk.
 */
import { type Bug, BUGS } from "./bugs.ts";
import { MODEL, type ModelClasses } from "./code.ts";

const FOLDER = new URL("../model/", import.meta.url);
/** Those that the classes are in. */
const FILES = ["cache.ts", "driver.ts", "list.ts", "tree.ts", "io_scheduler.ts"];
const planted = new Map<string, Promise<ModelClasses>>();

/**
 * The model with a defect in it; each is made once. Needs leave to read the model's source.
 *
 * @throws Error when there is no such defect, or the source has changed under it
 */
export function plant(name: string): Promise<ModelClasses> {
  const bug = BUGS.find((bug) => bug.name === name);
  if (!bug) {
    const names = BUGS.map(({ name }) => name).join(", ");
    throw new Error(`Cannot plant "${name}": there is no such defect; name one of ${names}`);
  }
  let classes = planted.get(name);
  if (!classes) planted.set(name, classes = load(bug));
  return classes;
}

async function load(bug: Bug): Promise<ModelClasses> {
  const modules = new Modules(bug);
  const classes: Record<string, unknown> = { ...MODEL };
  for (const file of FILES) {
    const exported: Record<string, unknown> = await import(await modules.url(file));
    for (const name of Object.keys(MODEL)) if (exported[name]) classes[name] = exported[name];
  }
  return classes as unknown as ModelClasses;
}

/** Where each file of the model is: changed, and all that import what is changed, as data. */
class Modules {
  readonly #urls = new Map<string, Promise<string>>();

  constructor(private readonly bug: Bug) {}

  url(file: string): Promise<string> {
    let url = this.#urls.get(file);
    if (!url) this.#urls.set(file, url = this.#make(file));
    return url;
  }

  async #make(file: string): Promise<string> {
    const own = new URL(file, FOLDER);
    let source = await Deno.readTextFile(own);
    let isChanged = file === this.bug.file;
    if (isChanged) source = changed(source, this.bug);
    const imports = source.matchAll(/^(import (?!type )[^;]*from|export [^;]*from) "(\.[^"]*)";/gm);
    const moved = new Map<string, string>();
    for (const [, , specifier] of imports) {
      const isSibling = specifier!.startsWith("./");
      const url = isSibling ? await this.url(specifier!.slice(2)) : new URL(specifier!, own).href;
      if (url.startsWith("data:")) isChanged = true;
      moved.set(specifier!, url);
    }
    if (!isChanged) return own.href;
    const whole = source.replaceAll(
      /from "(\.[^"]*)"/g,
      (_, specifier) => `from "${moved.get(specifier) ?? new URL(specifier, own).href}"`,
    );
    return `data:application/typescript;charset=utf-8,${encodeURIComponent(whole)}`;
  }
}

function changed(source: string, { name, file, edits }: Bug): string {
  for (const [text, instead] of edits) {
    const count = source.split(text).length - 1;
    if (count !== 1) {
      throw new Error(
        `Cannot plant "${name}": ${file} has ${JSON.stringify(text)} ${count} times; ` +
          `bring sims/diskcache/explore/bugs.ts up to date with it`,
      );
    }
    source = source.replace(text, () => instead);
  }
  return source;
}
