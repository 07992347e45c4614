/**
 * playwright-core, loaded when it is needed: 14 MB of source are not for every run. As it is loaded it
 * asks for the home of this user, and whether Linux is Windows' in a file that Deno shows only to who
 * may do all. It needs to know neither for what we do, and is told that neither is there.
 */
import os from "node:os";
import type { BrowserType } from "playwright-core";

/** Makes npm:is-wsl, which playwright-core bundles, not look as it is loaded. */
const NO_LOOK = "__IS_WSL_TEST__";

let loaded: Promise<BrowserType> | undefined;

export function loadChromium(): Promise<BrowserType> {
  return loaded ??= load();
}

async function load(): Promise<BrowserType> {
  const { homedir } = os;
  const before = Deno.env.get(NO_LOOK);
  os.homedir = () => "/nonexistent";
  Deno.env.set(NO_LOOK, "1");
  try {
    return (await import("playwright-core")).chromium;
  } finally {
    os.homedir = homedir;
    if (before === undefined) Deno.env.delete(NO_LOOK);
    else Deno.env.set(NO_LOOK, before);
  }
}
