/**
 * The network of a real PBX: its own with the phones of the house, a router, those outside of it, and
 * those behind its NAT. Sites are addresses on these hosts, given as they are asked for.
 */
import { ipBatch } from "hil/drivers/netns/mod.ts";
import { Lab, type LabHost } from "hil/drivers/lab/mod.ts";
import { isIPv6 } from "node:net";
import { ADDRESSES } from "../port.ts";
import type { SiteAddresses } from "../addresses.ts";

const ROUTER = {
  lan: "198.51.100.254",
  lan6: "2001:db8::fffe",
  outside: "203.0.113.254",
  outside6: "2001:db8:bad::fffe",
  home: "10.77.0.1",
} as const;
/** Where answers to invented senders go: the host outside takes them, and says nothing. */
const INVENTED = "100.64.0.0/10";
const IS_INVENTED = /^100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\./;
/** Programs there have it that do not choose an address: browsers. They leave by the first router. */
const INSIDE = "10.77.0.253";
const OUTSIDE = "203.0.113.253";
const PBX_LINKS = { addresses: [`${ADDRESSES.pbx}/24`, `${ADDRESSES.pbx6}/64`] } as const;
const NFT = "/usr/sbin/nft";

/** Where a site is. */
export type Place = "lan" | "outside" | "inside";

export class PbxNetwork {
  /** Addresses that a host has taken for its own, to send as them. */
  readonly #borrowed = new Map<string, Set<string>>();
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(readonly lab: Lab) {}

  static async make(processEnv: Readonly<Record<string, string>>): Promise<PbxNetwork> {
    const gateway = [ROUTER.lan, ROUTER.lan6];
    const lab = await Lab.make({
      networks: { lan: {}, outside: {}, home: {} },
      hosts: {
        pbx: { links: { eth0: { network: "lan", ...PBX_LINKS } }, gateway },
        lan: { links: eth0("lan", "198.51.100.253/24", "2001:db8::fffd/64"), gateway },
        outside: {
          links: eth0("outside", `${OUTSIDE}/24`, "2001:db8:bad::fffd/64"),
          gateway: [ROUTER.outside, ROUTER.outside6],
          routes: { [INVENTED]: "local" },
        },
        inside: { links: eth0("home", `${INSIDE}/24`), gateway: ROUTER.home },
        router: {
          links: {
            lan: {
              network: "lan",
              addresses: [`${ROUTER.lan}/24`, `${ROUTER.lan6}/64`],
            },
            outside: {
              network: "outside",
              addresses: [`${ROUTER.outside}/24`, `${ROUTER.outside6}/64`],
            },
            home: { network: "home", addresses: [`${ROUTER.home}/24`] },
          },
          routes: { [INVENTED]: OUTSIDE },
          forward: true,
        },
      },
      processEnv,
    });
    return new PbxNetwork(lab);
  }

  get pbx(): LabHost {
    return this.lab.host("pbx");
  }

  host(place: Place): LabHost {
    return this.lab.host(place);
  }

  /** Gives a place what a site has; behind NAT the router sends as its address. */
  async add(place: Place, { addresses, seenAs }: SiteAddresses): Promise<void> {
    const rest = (address: string) => isIPv6(address) ? "/64 dev eth0 nodad" : "/24 dev eth0";
    const { namespace } = this.host(place);
    // A site may be given an address that another one has: of one place they are the same.
    await ipBatch(
      addresses.map((address) => `address replace ${address}${rest(address)}`),
      { namespace },
    );
    if (place !== "inside") return;
    const [outer] = seenAs;
    await ipBatch([`address replace ${outer}/24 dev lan`], {
      namespace: this.lab.host("router").namespace,
    });
    await this.#nft(
      "add table ip sites; " +
        "add chain ip sites leave { type nat hook postrouting priority 100; }; " +
        `add rule ip sites leave oifname lan ip saddr { ${[
          ...addresses,
          INSIDE,
        ]} } snat to ${outer};`,
    );
  }

  /** A connection from one of a place's own addresses: a route says which for the time it takes. */
  connect(
    place: Place,
    from: string,
    to: { readonly hostname: string; readonly port: number },
  ): Promise<Deno.TcpConn> {
    const connecting = this.#turn.then(async () => {
      const host = this.host(place);
      const route = `route replace ${to.hostname} ${this.#via(place, to.hostname)} src ${from}`;
      await ipBatch([route], { namespace: host.namespace });
      // The kernel chooses the source when it is told to connect: the next turn may change the route.
      return { conn: host.connect(to) };
    });
    this.#turn = connecting.catch(() => {});
    return connecting.then(({ conn }) => conn);
  }

  /** From now on programs at `place` can send as `address`, whosever it is. */
  async borrow(place: Place, address: string): Promise<void> {
    if (place === "outside" && IS_INVENTED.test(address)) return; // All of these are its own.
    const borrowed = this.#borrowed.get(place) ?? new Set<string>();
    this.#borrowed.set(place, borrowed);
    if (borrowed.has(address)) return;
    borrowed.add(address);
    await ipBatch([`route replace local ${address} dev lo`], {
      namespace: this.host(place).namespace,
    });
  }

  /** Takes the PBX off the network, or puts it back. */
  setLink(state: "up" | "down"): Promise<void> {
    return this.pbx.setLink("eth0", state);
  }

  #via(place: Place, to: string): string {
    if (place === "lan") return "dev eth0";
    if (place === "inside") return `via ${ROUTER.home} dev eth0`;
    return `via ${isIPv6(to) ? ROUTER.outside6 : ROUTER.outside} dev eth0`;
  }

  async #nft(commands: string): Promise<void> {
    const { success, stderr } = await this.lab.host("router").command(NFT, [commands], {
      stderr: "piped",
    }).output();
    if (success) return;
    const said = new TextDecoder().decode(stderr).trim();
    throw new Error(`Cannot put a site behind NAT: nft says "${said}"; install nftables`);
  }
}

function eth0(network: string, ...addresses: string[]) {
  return { eth0: { network, addresses } };
}
