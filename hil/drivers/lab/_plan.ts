/** A lab's options as commands for `ip`, `tc` and `nft`. */
import { ms } from "../../time/mod.ts";
import type { HostOptions, Impairment, LabOptions } from "./options.ts";

/** One end of a cable: a link of a host, and the port of its network that it is plugged into. */
export interface Cable {
  readonly host: string;
  readonly link: string;
  readonly network: string;
  readonly port: string;
  /** Of the port. Linux tells at once what a cable's ends do only when their numbers differ. */
  readonly index: number;
  readonly mac: string;
}

/** Linux's, without the zero at the end. */
const LONGEST_NAME = 15;

/** Beyond those of any host's links. */
const FIRST_INDEX = 10_000;

/** @throws TypeError for what cannot be made */
export function cablesOf({ networks, hosts }: LabOptions): Cable[] {
  const cables: Cable[] = [];
  for (const network of Object.keys(networks)) checkName("network", network);
  for (const [host, { links, masquerade }] of Object.entries(hosts)) {
    checkName("host", host);
    if (masquerade !== undefined && !(masquerade in links)) {
      throw refused("host", host, `it has no link "${masquerade}" to masquerade; name one of its`);
    }
    for (const [link, { network }] of Object.entries(links)) {
      checkName("link", link);
      if (!(network in networks)) {
        const known = Object.keys(networks).join(", ") || "none";
        throw refused("link", link, `the lab has no network "${network}"; it has ${known}`);
      }
      const number = cables.length + 1;
      const mac = `02:00:00:00:${hex(number >> 8)}:${hex(number & 0xff)}`;
      cables.push({ host, link, network, port: `port${number}`, index: FIRST_INDEX + number, mac });
    }
  }
  return cables;
}

function hex(byte: number): string {
  return byte.toString(16).padStart(2, "0");
}

function checkName(what: string, name: string): void {
  if (/^[A-Za-z][\w.-]*$/.test(name) && name.length <= LONGEST_NAME) return;
  throw refused(what, name, `that is no name for it; take 1 to 15 letters, digits, ".", "_", "-"`);
}

function refused(what: string, name: string, why: string): TypeError {
  return new TypeError(`Cannot make the ${what} "${name}": ${why}`);
}

/** For the namespace of the networks: the bridges. */
export function bridges({ networks }: LabOptions): string[] {
  return Object.entries(networks).flatMap(([name, { mtu }]) => [
    // Snooping would hold back multicast, and with it IPv6, until a query went round.
    `link add ${name} ${mtu ? `mtu ${mtu} ` : ""}type bridge stp_state 0 mcast_snooping 0`,
    `link set dev ${name} up`,
  ]);
}

/** For the namespace of the networks: cables to hosts, whose namespaces are there. */
export function plug(
  cables: readonly Cable[],
  { networks }: LabOptions,
  namespaceOf: (host: string) => string,
): string[] {
  return cables.flatMap(({ host, link, network, port, index, mac }) => {
    const mtu = networks[network]?.mtu ? `mtu ${networks[network]!.mtu} ` : "";
    return [
      `link add ${port} index ${index} master ${network} ${mtu}type veth ` +
      `peer name ${link} ${mtu}address ${mac} netns ${namespaceOf(host)}`,
      `link set dev ${port} up`,
    ];
  });
}

/** For the namespace of a host whose links are there. */
export function configure(options: HostOptions): string[] {
  const { links } = options;
  const names = Object.keys(links);
  return [
    ...["lo", ...names].map((name) => `link set dev ${name} up`),
    ...names.flatMap((name) => {
      const addresses = links[name]!.addresses ?? [];
      return addresses.map((address) => addAddress(name, address));
    }),
    ...routesOf(options),
  ];
}

/** For a host's namespace: the kernel forgets those over a link that goes down. */
export function routesOf({ links, gateway = [], routes = {} }: HostOptions): string[] {
  return [
    ...[gateway].flat().map((via) => `route replace default via ${via}`),
    ...Object.entries(routes).map(([network, way]) => {
      if (way === "local") return `route replace local ${network} dev lo`;
      return `route replace ${network} ${way in links ? "dev" : "via"} ${way}`;
    }),
  ];
}

function forwards({ forward, masquerade }: HostOptions): boolean {
  return forward ?? masquerade !== undefined;
}

/** For a host's namespace: one of IPv6 does not wait until nobody else has it (RFC 4862, DAD). */
export function addAddress(link: string, address: string): string {
  return `address add ${address} dev ${link}${address.includes(":") ? " nodad" : ""}`;
}

/** Of a host's namespace, below /proc/sys/net, before it has links. */
export function settings(options: HostOptions): Record<string, string> {
  return {
    // Only addresses that were asked for, at once, and no talk of its own on the wire.
    // Docker switches IPv6 off in the namespaces that it makes.
    "ipv6/conf/all/disable_ipv6": "0",
    "ipv6/conf/default/disable_ipv6": "0",
    // A router asks by its link-local address for the neighbour of a packet that it passes on.
    "ipv6/conf/default/addr_gen_mode": forwards(options) ? "0" : "1",
    "ipv6/conf/default/accept_dad": "0",
    "ipv6/conf/default/accept_ra": "0",
    "ipv6/conf/default/router_solicitations": "0",
    // Of a link that goes down and up again.
    "ipv6/conf/all/keep_addr_on_down": "1",
    "ipv6/conf/default/keep_addr_on_down": "1",
    ...forwards(options) && { "ipv4/ip_forward": "1", "ipv6/conf/all/forwarding": "1" },
  };
}

/** For `nft -f`. */
export function masquerading(link: string): string {
  return `table inet hil_nat {
    chain postrouting {
      type nat hook postrouting priority srcnat;
      oifname "${link}" masquerade
    }
  }`;
}

/** @throws RangeError, TypeError for what no line does */
export function checkImpairment(impairment: Impairment): void {
  const { delay, loss = 0, duplicate = 0, reorder = 0, rateBitsPerS = 1 } = impairment;
  for (const share of [loss, duplicate, reorder]) {
    if (share >= 0 && share <= 1) continue;
    throw new RangeError(`Cannot impair a share of "${share}" of the packets: give 0 to 1`);
  }
  if (!(rateBitsPerS > 0)) {
    throw new RangeError(`Cannot impair to "${rateBitsPerS}" bits/s: give a rate above 0`);
  }
  if (reorder && !delay) {
    throw new TypeError(
      `Cannot reorder "${reorder}" of the packets: there is no delay to overtake in; give one`,
    );
  }
}

/** What tc is told; undefined when there is nothing to tell. */
export function netem(impairment: Impairment): string | undefined {
  const { delay, jitter, loss, duplicate, reorder, rateBitsPerS } = impairment;
  const words = [
    (delay || jitter) && `delay ${(delay ?? ms(0)).ms}ms${jitter ? ` ${jitter.ms}ms` : ""}`,
    loss && `loss ${loss * 100}%`,
    duplicate && `duplicate ${duplicate * 100}%`,
    reorder && `reorder ${reorder * 100}%`,
    rateBitsPerS && `rate ${rateBitsPerS}bit`,
  ].filter(Boolean);
  // For a second of a hundred thousand packets: more than the default of a thousand.
  return words.length > 0 ? `netem limit 100000 ${words.join(" ")}` : undefined;
}
