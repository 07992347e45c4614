/** `pjsip.conf`: of 16 and 22 alike. */
import { isIP } from "node:net";
import type { Protocol } from "sims/sip/mod.ts";
import type { AsteriskOptions } from "./config.ts";
import { CONTEXT, TRUNK } from "./dial_plan.ts";
import { section } from "./escape.ts";

const MEDIA = { disallow: "all", allow: "ulaw,alaw", direct_media: false };
/** The phone is where its packets come from, whatever it says: it may be behind NAT. */
const NAT = { rtp_symmetric: true, force_rport: true, rewrite_contact: true };
const MAX_CONTACTS = 10;

export function pjsip(options: AsteriskOptions): string {
  const { phones, transports, trunk, realm, minExpiresS, nonceLifeS, web, tls } = options;
  const dtls = { webrtc: true, dtls_cert_file: tls?.certificate, dtls_private_key: tls?.key };
  const aor = { type: "aor", max_contacts: MAX_CONTACTS, minimum_expiration: minExpiresS };
  const auth = { auth_type: "userpass", realm, nonce_lifetime: nonceLifeS };
  return [
    section("global", { type: "global", default_realm: realm }),
    ...[...transports, ...web ? ["WS"] as const : []]
      .flatMap((protocol) => transport(protocol, options)),
    ...Object.entries(phones).flatMap(([user, password]) => [
      section(user, {
        type: "endpoint",
        context: CONTEXT,
        aors: user,
        auth: user,
        ...MEDIA,
        ...NAT,
        ...web?.includes(user) && dtls,
      }),
      section(user, { type: "auth", username: user, password, ...auth }),
      section(user, aor),
    ]),
    ...trunk
      ? [
        section(TRUNK, { type: "endpoint", context: CONTEXT, aors: TRUNK, ...MEDIA }),
        section(TRUNK, { type: "aor", contact: `sip:${host(trunk.address)}:${trunk.port}` }),
        section(TRUNK, { type: "identify", endpoint: TRUNK, match: trunk.address }),
      ]
      : [],
  ].join("");
}

/** One for each family: PJSIP does not take both at one socket. WS has the sockets of HTTP. */
function transport(protocol: Protocol, { ports, tls }: AsteriskOptions): string[] {
  const name = `pbx-${protocol.toLowerCase()}`;
  const common = { type: "transport", protocol: protocol.toLowerCase() };
  if (protocol === "WS" || protocol === "WSS") {
    return [section(name, { ...common, bind: `0.0.0.0:${ports[protocol]}` })];
  }
  const files = protocol === "TLS"
    ? { cert_file: tls!.certificate, priv_key_file: tls!.key, method: "tlsv1_2" }
    : {};
  return (["0.0.0.0", "[::]"] as const).map((any, n) =>
    section(`${name}${n === 0 ? 4 : 6}`, { ...common, bind: `${any}:${ports[protocol]}`, ...files })
  );
}

function host(address: string): string {
  return isIP(address) === 6 ? `[${address}]` : address;
}
