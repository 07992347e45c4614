/** Plugs and relays with Tasmota (Tasmota documentation, "Commands" and "Using web requests"). */
import { ask, type Credentials, hidden } from "./_http.ts";
import { PowerError, shown } from "./error.ts";
import { type Outlet, type Verb, verb } from "./outlet.ts";

export interface TasmotaConfig extends Credentials {
  /** "http://10.0.0.7" */
  readonly url: string;
  /** From 1; default: the first. */
  readonly relay?: number;
}

export function tasmota(config: TasmotaConfig): Outlet {
  const { url, relay, user, passwordEnv } = config;
  const name = `relay ${relay ?? 1} of ${hidden(url)}`;
  const command = async (doing: Verb, signal: AbortSignal, argument: string) => {
    const address = new URL(`${url.replace(/\/+$/, "")}/cm`);
    // Tasmota knows no HTTP authentication here.
    if (user !== undefined) {
      const password = passwordEnv ? Deno.env.get(passwordEnv) : config.password;
      address.searchParams.set("user", user);
      address.searchParams.set("password", password ?? "");
    }
    address.searchParams.set("cmnd", `Power${relay ?? ""}${argument}`);
    const request = { url: address.href.replaceAll("+", "%20") };
    const said = await ask({ name, doing, signal, credentials: {} }, request);
    const state = tasmotaState(said, relay);
    if (state !== undefined) return state;
    const remedy = /WARNING/.test(said) ? 'give "user" and "passwordEnv"' : 'correct "relay"';
    const what = `${hidden(url)} says "${shown(said)}" instead of its state`;
    throw new PowerError(name, doing, `${what}; ${remedy}`);
  };
  return {
    name,
    switch: async (on, signal) => {
      const is = await command(verb(on), signal, on ? " On" : " Off");
      if (is === on) return;
      const what = `${hidden(url)} says that it is ${is ? "on" : "off"} now`;
      throw new PowerError(name, verb(on), `${what}; look at its rules and PowerLock`);
    },
    state: (signal) => command("read the state of", signal, ""),
  };
}

/** `{"POWER":"ON"}`, or `{"POWER2":"ON"}` of several; undefined when it says something else. */
export function tasmotaState(text: string, relay?: number): boolean | undefined {
  let said: unknown;
  try {
    said = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof said !== "object" || said === null) return undefined;
  const values = said as Readonly<Record<string, unknown>>;
  // One with a single relay says POWER, whatever it was asked for.
  const names = relay === undefined || relay === 1 ? ["POWER", "POWER1"] : [`POWER${relay}`];
  const name = names.find((name) => Object.hasOwn(values, name));
  const value = name === undefined ? undefined : values[name];
  return value === "ON" ? true : value === "OFF" ? false : undefined;
}
