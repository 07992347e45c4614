/** SIPp and sipsak, as other people's phones: what they are started with, here or in a lab's host. */
import type { Tool } from "hil";
import type { Credentials } from "../digest.ts";
import { type Endpoint, formatEndpoint } from "../transport/mod.ts";

export const PEER_TOOLS: readonly Tool[] = [
  { command: "sipp", debianPackage: "sip-tester", purpose: "a peer that speaks SIP" },
  { command: "sipsak", debianPackage: "sipsak", purpose: "a peer that speaks SIP" },
];

export interface SippOptions {
  /** Its own address. */
  readonly host: string;
  readonly port?: number;
  readonly protocol?: "UDP" | "TCP";
  /** Calls or registrations in all. Default: 1. */
  readonly count?: number;
  /** How many of them in a second. Default: 10. */
  readonly rate?: number;
}

/** It gives up by then, and fails. */
const TIMEOUT_S = 30;

function sipp(options: SippOptions): string[] {
  const { host, port, protocol = "UDP", count = 1, rate = 10 } = options;
  return [
    ...["-i", host, "-t", protocol === "UDP" ? "u1" : "t1", "-m", `${count}`, "-r", `${rate}`],
    ...(port === undefined ? [] : ["-p", `${port}`]),
    ...["-nostdin", "-timeout", `${TIMEOUT_S}s`, "-timeout_error"],
  ];
}

/** Registers with a challenge; `usersFile` holds what {@link sippUsers} makes. */
export function sippRegister(to: Endpoint, options: SippOptions & { usersFile: string }): string[] {
  return [
    "-sf",
    scenario("register"),
    "-inf",
    options.usersFile,
    ...sipp(options),
    formatEndpoint(to),
  ];
}

export function sippUsers(users: readonly Credentials[]): string {
  const lines = users.map(({ user, password }) =>
    `${user};[authentication username=${user} password=${password}]`
  );
  return `SEQUENTIAL\n${lines.join("\n")}\n`;
}

/** Its own caller: INVITE without credentials, 200, ACK, BYE. */
export function sippCall(to: Endpoint, options: SippOptions & { extension: string }): string[] {
  return ["-sn", "uac", "-s", options.extension, "-d", "10", ...sipp(options), formatEndpoint(to)];
}

/** Answers, and waits for BYE. */
export function sippAnswer(options: SippOptions): string[] {
  return ["-sf", scenario("answer"), ...sipp(options)];
}

function scenario(name: string): string {
  return new URL(`./${name}.xml`, import.meta.url).pathname;
}

export interface SipsakOptions {
  /** Its own address: it looks for one by the machine's name. */
  readonly host: string;
}

/** OPTIONS, in nobody's name. */
export function sipsakPing({ host, port }: Endpoint, options: SipsakOptions): string[] {
  return ["-H", options.host, "-s", `sip:${host}:${port}`];
}

/** Registers `contact` for a minute. */
export function sipsakRegister(
  { host, port }: Endpoint,
  options: SipsakOptions & Credentials & { readonly contact: string },
): string[] {
  const { user, password, contact } = options;
  const account = ["-u", user, "-a", password, "-s", `sip:${user}@${host}:${port}`];
  return ["-U", "-i", "-H", options.host, "-x", "60", "-C", contact, ...account];
}
