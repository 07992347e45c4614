/** Power switches as data, so that a bench file can name them: `power: { kind: tasmota, … }`. */
import { suggestion, type Tool } from "../../bench/mod.ts";
import { ms } from "../../time/mod.ts";
import type { Credentials, HttpRequest } from "./_http.ts";
import {
  argumentList,
  type Field,
  type Fields,
  flag,
  isMap,
  optional,
  pattern,
  read,
  text,
  texts,
  url,
  whole,
} from "./_fields.ts";
import { type CommandConfig, commandOutlet } from "./command.ts";
import { gpiod, type GpiodConfig, gpioSysfs, type GpioSysfsConfig } from "./gpio_lines.ts";
import { httpRelay, type HttpRelayConfig, webRelay, type WebRelayConfig } from "./http_relay.ts";
import { manual, type ManualConfig } from "./manual.ts";
import type { Outlet } from "./outlet.ts";
import { SwitchedPower } from "./switched_power.ts";
import { tasmota, type TasmotaConfig } from "./tasmota.ts";
import { uhubctl, type UhubctlConfig } from "./uhubctl.ts";

/** Keys that every kind may have. */
export interface CommonConfig {
  /** Least time off before on; default 1000. */
  readonly offTimeMs?: number;
  /** Longest that the switch may take to answer; default 5000, 300000 for a person. */
  readonly limitMs?: number;
  /** How often more it is tried; default 2, 0 for a person. */
  readonly retries?: number;
  /** Between two tries; default 500. */
  readonly pauseMs?: number;
}

export type PowerConfig =
  & CommonConfig
  & (
    | ({ readonly kind: "http-relay" } & HttpRelayConfig)
    | ({ readonly kind: "web-relay" } & WebRelayConfig)
    | ({ readonly kind: "tasmota" } & TasmotaConfig)
    | ({ readonly kind: "gpio-sysfs" } & GpioSysfsConfig)
    | ({ readonly kind: "gpiod" } & GpiodConfig)
    | ({ readonly kind: "uhubctl" } & UhubctlConfig)
    | ({ readonly kind: "command" } & CommandConfig)
    | ({ readonly kind: "manual" } & ManualConfig)
  );

/** An address alone, or all of a request. */
const request: Field<HttpRequest> = {
  wanted: 'an address, or a map of "url", "method", "body" and "headers"',
  read: (value) => {
    if (typeof value === "string") {
      return url.read(value) === undefined ? undefined : { url: value };
    }
    if (!isMap(value)) return undefined;
    const method: Field<string> = {
      wanted: "a method",
      read: (value) => typeof value === "string" && /^[A-Z]+$/.test(value) ? value : undefined,
    };
    const parts = { url, method: optional(method), body: optional(text), headers: optional(texts) };
    return read<HttpRequest>(value, parts, "a request to a relay");
  },
};

const CREDENTIALS: Fields<Credentials> = {
  user: optional(text),
  password: optional(text),
  passwordEnv: optional(text),
  tokenEnv: optional(text),
};

const COMMON: Fields<CommonConfig> = {
  offTimeMs: optional(whole(0)),
  limitMs: optional(whole(1)),
  retries: optional(whole(0)),
  pauseMs: optional(whole(0)),
};

/** A kind of switch: its keys, and how it is made of them. */
interface Kind {
  readonly keys: readonly string[];
  /** @throws TypeError */
  readonly open: (value: Readonly<Record<string, unknown>>, what: string) => Outlet;
  readonly tools?: readonly Tool[];
  /** A person is slower than a relay, and is asked once. */
  readonly isPerson?: boolean;
}

function kind<Config>(
  fields: Fields<Config>,
  make: (config: Config) => Outlet,
  more: Pick<Kind, "tools" | "isPerson"> = {},
): Kind {
  const open: Kind["open"] = (value, what) => make(read(value, fields, what));
  return { keys: Object.keys(fields), open, ...more };
}

function tool(command: string, debianPackage: string): Pick<Kind, "tools"> {
  return { tools: [{ command, debianPackage, purpose: "switches the power of a board" }] };
}

const KINDS: Readonly<Record<PowerConfig["kind"], Kind>> = {
  "http-relay": kind<HttpRelayConfig>({
    on: request,
    off: request,
    state: optional(request),
    isOn: optional(pattern),
    ...CREDENTIALS,
  }, httpRelay),
  "web-relay": kind<WebRelayConfig>({ url, relay: optional(whole(1)), ...CREDENTIALS }, webRelay),
  tasmota: kind<TasmotaConfig>({ url, relay: optional(whole(1)), ...CREDENTIALS }, tasmota),
  "gpio-sysfs": kind<GpioSysfsConfig>({
    gpio: whole(0),
    activeLow: optional(flag),
    root: optional(text),
  }, gpioSysfs),
  gpiod: kind<GpiodConfig>(
    { chip: text, line: whole(0), activeLow: optional(flag) },
    gpiod,
    tool("gpioset", "gpiod"),
  ),
  uhubctl: kind<UhubctlConfig>(
    { location: text, port: whole(1) },
    uhubctl,
    tool("uhubctl", "uhubctl"),
  ),
  command: kind<CommandConfig>({
    on: argumentList,
    off: argumentList,
    state: optional(argumentList),
    isOn: optional(pattern),
  }, commandOutlet),
  manual: kind<ManualConfig>({ what: text, terminal: optional(text) }, manual, { isPerson: true }),
};

/**
 * The power that a configuration names.
 *
 * @example
 * ```ts
 * import { openPower } from "hil/drivers/power/mod.ts";
 * const power = openPower({ kind: "web-relay", url: "http://10.0.0.5", relay: 2 });
 * ```
 * @param config a {@link PowerConfig}, checked here: it may come out of a file
 * @throws TypeError that says what is wrong with the configuration
 */
export function openPower(config: unknown): SwitchedPower {
  const { kind, common, own, what } = parted(config);
  const { offTimeMs = 1000, limitMs, retries, pauseMs = 500 } = read(common, COMMON, what);
  return new SwitchedPower(kind.open(own, what), {
    offTime: ms(offTimeMs),
    limit: ms(limitMs ?? (kind.isPerson ? 300_000 : 5000)),
    retries: retries ?? (kind.isPerson ? 0 : 2),
    pause: ms(pauseMs),
  });
}

/** The programs that the switch of a configuration needs. */
export function powerTools(config: unknown): readonly Tool[] {
  return parted(config).kind.tools ?? [];
}

/** @throws TypeError when it is of no kind, or has keys of none */
function parted(config: unknown) {
  const kinds = Object.keys(KINDS);
  if (!isMap(config) || typeof config.kind !== "string") {
    throw new TypeError(
      `Cannot use the power ${JSON.stringify(config)}: it has no kind; ` +
        `write "kind: " and one of ${kinds.join(", ")}`,
    );
  }
  const { kind: name, ...rest } = config;
  if (!Object.hasOwn(KINDS, name)) {
    throw new TypeError(
      `Cannot use a power of kind "${name}": there is no such; ${suggestion(name, kinds)}`,
    );
  }
  const kind = KINDS[name as PowerConfig["kind"]];
  const what = `a power of kind "${name}"`;
  const known = [...kind.keys, ...Object.keys(COMMON)];
  const unknown = Object.keys(rest).find((key) => !known.includes(key));
  if (unknown !== undefined) {
    throw new TypeError(
      `Cannot use ${what}: it has no key "${unknown}"; ${suggestion(unknown, known)}`,
    );
  }
  const only = (keys: readonly string[]) =>
    Object.fromEntries(Object.entries(rest).filter(([key]) => keys.includes(key)));
  return { kind, common: only(Object.keys(COMMON)), own: only(kind.keys), what };
}
