/** `sip.conf`: chan_sip with its original defaults, guests among them. */
import { isIP } from "node:net";
import { type AsteriskOptions, hasWebSocket } from "./config.ts";
import { CONTEXT, TRUNK } from "./dial_plan.ts";
import { section } from "./escape.ts";

const MEDIA = { disallow: "all", allow: "ulaw,alaw", directmedia: false };

/** A web phone's: WebRTC (RFC 8827) over what a proxy passes on. */
const WEB = {
  transport: "ws,wss",
  avpf: true,
  force_avp: true,
  encryption: true,
  icesupport: true,
  rtcp_mux: true,
  dtlsenable: true,
  dtlsverify: "fingerprint",
  dtlssetup: "actpass",
};

export function sip(options: AsteriskOptions): string {
  const { phones, trunk, web, tls } = options;
  const dtls = { ...WEB, dtlscertfile: tls?.certificate, dtlsprivatekey: tls?.key };
  return [
    general(options),
    ...Object.entries(phones).map(([user, secret]) =>
      section(user, {
        ...{ type: "friend", host: "dynamic", secret, context: CONTEXT, ...MEDIA },
        ...web?.includes(user) && dtls,
      })
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

function general(options: AsteriskOptions): string {
  const { transports, ports, tls, realm, minExpiresS, web } = options;
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
    websocket_enabled: hasWebSocket(options),
    transport: [...transports, ...web ? ["ws"] : []].join(",").toLowerCase(),
    nat: "force_rport,comedia",
    minexpiry: minExpiresS,
    // A name that cannot be looked up stalls it.
    srvlookup: false,
  });
}
