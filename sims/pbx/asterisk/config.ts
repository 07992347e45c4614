/**
 * Asterisk's configuration from a typed description. What stands in the files was tried on 16 and 22;
 * nothing is loaded that a scenario does not use, so that it starts in under a second.
 */
import type { Protocol } from "sims/sip/mod.ts";
import { type DialPlan, dialPlan } from "./dial_plan.ts";
import { ipAddress, portNumber, section, userName, value } from "./escape.ts";
import { modules } from "./modules.ts";
import { pjsip } from "./pjsip.ts";
import { sip } from "./sip.ts";

export type AsteriskVariant = "asterisk22" | "asterisk16" | "chan_sip";

export interface AsteriskOptions extends DialPlan {
  readonly variant: AsteriskVariant;
  /** Names, which are their extensions too, and passwords. */
  readonly phones: Readonly<Record<string, string>>;
  /** Each on IPv4 and IPv6. WS and WSS are told apart by their ports only, as HTTP's. */
  readonly transports: readonly Protocol[];
  readonly ports: Readonly<Record<Protocol, number>>;
  readonly trunk?: { readonly address: string; readonly port: number };
  readonly minExpiresS: number;
  /** Only of PJSIP: chan_sip takes a nonce once. */
  readonly nonceLifeS: number;
  readonly realm: string;
  readonly ami: AmiAccount;
  /** For TLS and WSS: PEM files, as Asterisk sees them; `pem` is the key and its certificate. */
  readonly tls?: { readonly certificate: string; readonly key: string; readonly pem: string };
  /**
   * Phones that are web phones, of {@link phones}: WebRTC, with the certificate for DTLS too. Then its
   * HTTP server is on 127.0.0.1 alone, behind a proxy.
   */
  readonly web?: readonly string[];
}

/** On 127.0.0.1 of the host. */
export interface AmiAccount {
  readonly user: string;
  readonly secret: string;
  readonly port: number;
}

/** Where the files are, in the container. */
export const FOLDER = "/etc/asterisk";
/** Files that it complains about when they are not there. */
const DEFAULTS = ["ccss", "cel", "features", "indications", "pjproject", "udptl"];
const RTP = { rtpstart: 10_000, rtpend: 10_999, icesupport: true };

/**
 * The files of {@link FOLDER}, by name.
 *
 * @throws TypeError, RangeError for what cannot be said in Asterisk's files
 */
export function asteriskConfig(options: AsteriskOptions): Record<string, string> {
  const checked = checkedOptions(options);
  const { variant } = checked;
  return {
    "asterisk.conf": asteriskConf(variant),
    "modules.conf": modules(checked),
    ...variant === "chan_sip" ? { "sip.conf": sip(checked) } : { "pjsip.conf": pjsip(checked) },
    "extensions.conf": dialPlan(checked),
    "http.conf": httpConf(checked),
    "rtp.conf": section("general", RTP),
    // The process's own output is what becomes the trace.
    "logger.conf": section("general", { dateformat: "%F %T.%3q" }) +
      "[logfiles]\n/dev/stdout => notice,warning,error,verbose\n",
    "manager.conf": managerConf(checked.ami),
    ...Object.fromEntries(DEFAULTS.map((name) => [`${name}.conf`, section("general", {})])),
    "acl.conf": "",
    "cdr.conf": section("general", { enable: false }),
  };
}

function checkedOptions(options: AsteriskOptions): AsteriskOptions {
  for (const [user, password] of Object.entries(options.phones)) {
    userName(user);
    value(password, `the password of phone ${user}, which is`);
  }
  value(options.realm, "realm");
  userName(options.ami.user);
  value(options.ami.secret, "the manager's secret");
  for (const port of [options.ami.port, ...Object.values(options.ports)]) portNumber(port);
  if (options.trunk) {
    ipAddress(options.trunk.address);
    portNumber(options.trunk.port);
  }
  for (const path of Object.values(options.tls ?? {})) value(path, "file");
  for (const [what, key] of [["registrations", "minExpiresS"], ["nonces", "nonceLifeS"]] as const) {
    if (Number.isInteger(options[key]) && options[key] >= 1) continue;
    throw new RangeError(
      `Cannot configure ${what} of "${
        options[key]
      }" s: that is no whole number from 1 on; choose one`,
    );
  }
  checkWeb(options);
  const encrypted = options.transports.find((protocol) => ["TLS", "WSS"].includes(protocol));
  if (encrypted && !options.tls) {
    throw new TypeError(`Cannot configure ${encrypted}: there is no certificate; give "tls"`);
  }
  return options;
}

/** @throws TypeError */
function checkWeb({ web, phones, transports, tls }: AsteriskOptions): void {
  if (web === undefined) return;
  const stranger = web.find((user) => !(user in phones));
  if (stranger !== undefined) {
    throw new TypeError(
      `Cannot configure web phone "${stranger}": the phones are ${Object.keys(phones)}; choose ` +
        `one of them`,
    );
  }
  const other = transports.find((protocol) => protocol === "WS" || protocol === "WSS");
  if (other) {
    throw new TypeError(
      `Cannot configure ${other} beside web phones: those have a proxy before it; leave it out`,
    );
  }
  if (!tls) throw new TypeError('Cannot configure web phones: there is no certificate; give "tls"');
}

/** Whether somebody comes by WebSocket. */
export function hasWebSocket({ transports, web }: Pick<AsteriskOptions, "transports" | "web">) {
  return web !== undefined || transports.some((protocol) => protocol.startsWith("WS"));
}

/** The host's machine name, as Debian has it in its folders. */
const TRIPLET = `${Deno.build.arch}-linux-gnu`;

function asteriskConf(variant: AsteriskVariant): string {
  const libraries = variant === "asterisk22" ? `/usr/lib/${TRIPLET}` : "/usr/lib";
  return section("directories", {
    astetcdir: FOLDER,
    astmoddir: `${libraries}/asterisk/modules`,
    astvarlibdir: "/var/lib/asterisk",
    astdbdir: "/var/lib/asterisk",
    astkeydir: "/var/lib/asterisk",
    astdatadir: "/usr/share/asterisk",
    astagidir: "/usr/share/asterisk/agi-bin",
    astspooldir: "/var/spool/asterisk",
    astrundir: "/run",
    astlogdir: "/var/log/asterisk",
  }) + section("options", { hideconnect: true });
}

/** WS and WSS are paths of its own HTTP server: `/ws`. */
function httpConf(options: AsteriskOptions): string {
  const { transports, ports, tls } = options;
  const ws = transports.includes("WS");
  const wss = transports.includes("WSS");
  return section("general", {
    enabled: hasWebSocket(options),
    bindaddr: ws ? "::" : "127.0.0.1",
    bindport: ports.WS,
    ...wss && {
      tlsenable: true,
      tlsbindaddr: `[::]:${ports.WSS}`,
      tlscertfile: tls!.certificate,
      tlsprivatekey: tls!.key,
    },
  });
}

function managerConf({ user, secret, port }: AmiAccount): string {
  const rights = "system,call,security,command,reporting,dtmf";
  return section("general", { enabled: true, webenabled: false, port, bindaddr: "127.0.0.1" }) +
    section(user, { secret, read: rights, write: rights, writetimeout: 5000 });
}
