/** A lab to try things in: tests and the benchmark do. */
import type { LabOptions } from "./options.ts";

/** A PBX and a peer in a network, and a phone behind a router with NAT. */
export const OFFICE = {
  networks: { lan: {}, home: {} },
  hosts: {
    pbx: { links: { eth0: { network: "lan", addresses: ["198.51.100.1/24", "2001:db8::1/64"] } } },
    peer: { links: { eth0: { network: "lan", addresses: ["198.51.100.9/24", "2001:db8::9/64"] } } },
    router: {
      links: {
        wan: { network: "lan", addresses: ["198.51.100.2/24"] },
        lan: { network: "home", addresses: ["10.77.0.1/24"] },
      },
      masquerade: "wan",
    },
    phone: {
      links: { eth0: { network: "home", addresses: ["10.77.0.2/24"] } },
      gateway: "10.77.0.1",
    },
  },
} as const satisfies LabOptions;
