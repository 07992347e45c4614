/** Steps of the scenarios of verdicts: guesses, bytes of anybody, and how it is known what was judged. */
import { expect, type Occurrence, seconds } from "hil";
import {
  ADDRESSES,
  type Endpoint,
  type Pbx,
  type Phone,
  type SipMessageData,
  type Site,
} from "sims/pbx/mod.ts";
import { formatEndpoint, formatMessage, request } from "sims/sip/mod.ts";
import { contains, formatAddress, parseAddress, parseNetwork } from "sims/sipban/core/mod.ts";
import type { SipBan } from "sims/sipban/mod.ts";

export const LIMIT = seconds(10);

/** So many failures are borne. */
export const BORNE = 10;

/** As sipban spells it: IPv6 in eight words, and where it is not the PBX's own network as that. */
export function spelled(address: string): string {
  const bytes = parseAddress(address)!;
  if (bytes.length === 4 || contains(parseNetwork(`${ADDRESSES.pbx6}/64`), bytes)) {
    return formatAddress(bytes);
  }
  return `${formatAddress(bytes.map((byte, i) => i < 8 ? byte : 0))}/64`;
}

export async function times(count: number, work: (n: number) => Promise<unknown>): Promise<void> {
  for (let n = 0; n < count; n++) await work(n);
}

/** Registers `count` times with what is wrong: each is a failure. */
export async function guess(phone: Phone, count: number): Promise<void> {
  await times(count, () => phone.register());
}

export interface BanQuery {
  readonly rule?: "failures" | "scan";
  readonly level?: number;
  /** Not its /64, since somebody in that may never be banned. */
  readonly alone?: boolean;
}

/** Until the ban is in force. */
export async function banned(
  bans: SipBan,
  address: string,
  { rule = "failures", level = 1, alone = false }: BanQuery = {},
): Promise<void> {
  const target = alone ? formatAddress(parseAddress(address)!) : spelled(address);
  await expect(bans.decisions).toHappen({
    kind: "ban",
    where: (data) => data.host === target && data.rule === rule && data.level === level,
    within: LIMIT,
  });
}

/**
 * Somebody else is banned now: what was on the wire before has been judged by then, so a daemon that
 * sleeps does not pass for one that spares.
 */
export async function onlyBanned(
  { pbx, bans }: { readonly pbx: Pbx; readonly bans: SipBan },
  addresses: readonly string[],
  { witness: name = "witness", failures = BORNE + 1 } = {},
): Promise<void> {
  const witness = await pbx.site(name, { outside: true });
  await guess(await witness.phone("witness", { password: "guess" }), failures);
  const own = witness.seenAs[0]!;
  await banned(bans, own);
  await bans.unban(own);
  const others = (await bans.list()).map(({ target }) => target);
  expect(others.toSorted(), "who is banned").toEqual(addresses.map(spelled).toSorted());
  expect((await bans.filtered()).toSorted(), "the filter").toEqual(others.toSorted());
}

export interface RequestOptions {
  readonly from: Endpoint;
  /** Of its Call-ID, branch and tag: the same is the same transaction. */
  readonly id: string;
  /** In whose name. Default: "1001". */
  readonly user?: string;
  /** Whom an INVITE is for. Default: "600". */
  readonly target?: string;
  readonly protocol?: "UDP" | "TCP" | "WS";
}

/** A request without credentials. */
export function requestOf(
  method: "REGISTER" | "INVITE",
  { from, id, user = "1001", target = "600", protocol = "UDP" }: RequestOptions,
): Uint8Array {
  const domain = ADDRESSES.pbx;
  const at = formatEndpoint(from);
  const isRegister = method === "REGISTER";
  return formatMessage(request(method, isRegister ? `sip:${domain}` : `sip:${target}@${domain}`, [
    ["Via", `SIP/2.0/${protocol} ${at};branch=z9hG4bK${id};rport`],
    ["Max-Forwards", "70"],
    ["From", `<sip:${user}@${domain}>;tag=${id}`],
    ["To", `<sip:${isRegister ? user : target}@${domain}>`],
    ["Call-ID", id],
    ["CSeq", `1 ${method}`],
    ["Contact", `<sip:${user}@${at}>`],
    ["Content-Length", "0"],
  ]));
}

/** Sends `count` requests, each a transaction of its own, and answers no challenge. */
export async function flood(
  site: Site,
  method: "REGISTER" | "INVITE",
  { from, count = BORNE + 1, name = "flood", protocol = "UDP" as "UDP" | "TCP" }: {
    readonly from?: Endpoint;
    readonly count?: number;
    readonly name?: string;
    readonly protocol?: "UDP" | "TCP";
  } = {},
): Promise<void> {
  const sender = from ?? { host: site.seenAs[0]!, port: 5060 };
  await times(count, (n) => {
    const bytes = requestOf(method, { from: sender, id: `${name}-${n}`, protocol });
    return site.send(bytes, { protocol, ...(from && { from }) });
  });
}

/** How many of a {@link flood} have been answered with `status`; each answer counts, also a repeated one. */
export function answered(pbx: Pbx, name: string, status?: string): number {
  return pbx.messages.occurrences.filter(({ kind, data }) =>
    data.direction === "out" && data.callId.startsWith(`${name}-`) &&
    (status === undefined || kind === status)
  ).length;
}

/** What comes from `site` does not reach the PBX, which answers `other` as ever. */
export async function shutOut(
  { pbx }: { readonly pbx: Pbx },
  site: Site,
  other: Phone,
  name = "shut-out",
): Promise<void> {
  await flood(site, "REGISTER", { count: 3, name });
  await onTheWire(
    pbx,
    3,
    ({ kind, data }) =>
      kind === "REGISTER" && data.direction === "in" && data.callId.startsWith(`${name}-`),
  );
  const granted = ({ kind, data }: Seen) =>
    kind === "200" && data.peer === formatEndpoint(other.local);
  const before = pbx.messages.occurrences.filter(granted).length;
  // It takes datagrams one after another: the answers would have come before this one.
  expect((await other.register()).status, "the answer to others").toBe(200);
  await onTheWire(pbx, before + 1, granted);
  expect(answered(pbx, name), "answers to who is banned").toBe(0);
}

type Seen = Occurrence<SipMessageData>;

/** Until at least so many of these were on the PBX's wire: what is seen there is told a little later. */
export async function onTheWire(
  pbx: Pbx,
  count: number,
  is: (message: Seen) => boolean,
): Promise<void> {
  const found = () => pbx.messages.occurrences.filter(is).length;
  await pbx.clock.until(() => found() >= count || undefined, LIMIT);
  expect(found(), "messages on the wire").toBeGreaterThan(count - 1);
}
