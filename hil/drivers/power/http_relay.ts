/** Relays with a web server: WebRelay, and any whose addresses the bench file gives. */
import { ask, type Credentials, hidden, type HttpRequest } from "./_http.ts";
import { PowerError, shown } from "./error.ts";
import { type Outlet, type Verb, verb } from "./outlet.ts";

export interface HttpRelayConfig extends Credentials {
  readonly on: HttpRequest;
  readonly off: HttpRequest;
  readonly state?: HttpRequest;
  /** Regular expression, in whatever letters: matches in the answer to `state` if it is on. */
  readonly isOn?: string;
}

/** A relay that is switched by requests of one's own. */
export function httpRelay(config: HttpRelayConfig): Outlet {
  const { on, off, state, isOn } = config;
  if ((state === undefined) !== (isOn === undefined)) {
    throw new TypeError(
      'Cannot use a power of kind "http-relay": it has one of "state" and "isOn"; ' +
        "write both, or none",
    );
  }
  const name = hidden(new URL("/", on.url).href);
  const ask_ = (doing: Verb, signal: AbortSignal, request: HttpRequest) =>
    ask({ name, doing, signal, credentials: config }, request);
  return {
    name,
    switch: async (to, signal) => {
      await ask_(verb(to), signal, to ? on : off);
    },
    ...(state && isOn && {
      state: async (signal: AbortSignal) =>
        new RegExp(isOn, "im").test(await ask_("read the state of", signal, state)),
    }),
  };
}

export interface WebRelayConfig extends Credentials {
  /** "http://10.0.0.5" */
  readonly url: string;
  /** From 1, of a device with several; without it, the only one. */
  readonly relay?: number;
}

/**
 * ControlByWeb's WebRelay: `state.xml?relayState=1` (its User's Manual, "XML"), and
 * `relay2State=1` where there are several. Each answer tells the state.
 */
export function webRelay(config: WebRelayConfig): Outlet {
  const { url, relay } = config;
  const name = relay === undefined ? hidden(url) : `relay ${relay} of ${hidden(url)}`;
  const ask_ = async (doing: Verb, signal: AbortSignal, query: string) => {
    const request = { url: new URL(`state.xml${query}`, `${url.replace(/\/+$/, "")}/`).href };
    const said = await ask({ name, doing, signal, credentials: config }, request);
    const state = relayState(said, relay);
    if (state !== undefined) return state;
    const what = `${hidden(url)} says "${shown(said)}", in which is no state of that relay`;
    throw new PowerError(name, doing, `${what}; correct "url" or "relay"`);
  };
  return {
    name,
    switch: async (on, signal) => {
      await ask_(verb(on), signal, `?relay${relay ?? ""}State=${on ? 1 : 0}`);
    },
    state: (signal) => ask_("read the state of", signal, ""),
  };
}

/**
 * What state.xml says: `<relaystate>1</relaystate>`, or `<relay2state>1</relay2state>` of several.
 * Undefined when it does not say it.
 */
export function relayState(xml: string, relay?: number): boolean | undefined {
  const found = xml.match(
    new RegExp(`<relay${relay ?? ""}state>\\s*([01])\\s*</relay${relay ?? ""}state>`, "i"),
  );
  return found ? found[1] === "1" : undefined;
}
