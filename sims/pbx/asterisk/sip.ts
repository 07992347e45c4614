/** `sip.conf`: chan_sip with its original defaults, guests among them. */
import { isIP } from "node:net";
import type { AsteriskOptions } from "./config.ts";
import { CONTEXT, TRUNK } from "./dial_plan.ts";
import { section } from "./escape.ts";

const MEDIA = { disallow: "all", allow: "ulaw,alaw", directmedia: false };

export function sip(options: AsteriskOptions): string {
  const { phones, trunk } = options;
  return [
    general(options),
    ...Object.entries(phones).map(([user, secret]) =>
      section(user, { type: "friend", host: "dynamic", secret, context: CONTEXT, ...MEDIA })
    ),
    ...trunk
      ? [section(TRUNK, {
        type: "peer",
        // With an IPv6 address the port stands in its own key.
        host: isIP(trunk.address) === 6 ? `[${trunk.address}]` : trunk.address,
        port: trunk.port,
        context: CONTEXT,
        // Its address is its credential.
        insecure: "port,invite",
        ...MEDIA,
      })]
      : [],
  ].join("");
}

function general({ transports, ports, tls, realm, minExpiresS }: AsteriskOptions): string {
  const has = (protocol: (typeof transports)[number]) => transports.includes(protocol);
  return section("general", {
    context: CONTEXT,
    allowguest: true,
    realm,
    // A socket of IPv6 that takes IPv4 too.
    udpbindaddr: `[::]:${ports.UDP}`,
    tcpenable: has("TCP"),
    tcpbindaddr: `[::]:${ports.TCP}`,
    tlsenable: has("TLS"),
    ...has("TLS") && { tlsbindaddr: `[::]:${ports.TLS}`, tlscertfile: tls!.pem },
    websocket_enabled: has("WS") || has("WSS"),
    transport: transports.map((protocol) => protocol.toLowerCase()).join(","),
    nat: "force_rport,comedia",
    minexpiry: minExpiresS,
    // A name that cannot be looked up stalls it.
    srvlookup: false,
  });
}
