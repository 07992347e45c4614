/** The transports with sockets of a lab's hosts: phones behind NAT reach a PBX, and it reaches them. */
import assert from "node:assert/strict";
import { Lab, labAvailable, type LabHost } from "hil/drivers/lab/mod.ts";
import { Random, seconds, withLimit } from "hil/time/mod.ts";
import { serveWebSocket } from "sims/websocket/mod.ts";
import { UserAgent } from "../agent/mod.ts";
import { Pbx } from "../pbx/mod.ts";
import { hostTimers, SUB_PROTOCOL, tcpTransport, UdpTransport, wsTransport } from "./mod.ts";
import type { Endpoint, SipTransport } from "./mod.ts";

const PBX = "198.51.100.1";
const ROUTER = "198.51.100.2";
const PHONE = "10.77.0.2";
const PORTS = { UDP: 5060, TCP: 5060, WS: 8088 } as const;

const { ok } = await labAvailable();

function makeLab(): Promise<Lab> {
  return Lab.make({
    networks: { lan: {}, home: {} },
    hosts: {
      pbx: { links: { eth0: { network: "lan", addresses: [`${PBX}/24`] } } },
      router: {
        links: {
          wan: { network: "lan", addresses: [`${ROUTER}/24`] },
          lan: { network: "home", addresses: ["10.77.0.1/24"] },
        },
        masquerade: "wan",
      },
      phone: {
        links: { eth0: { network: "home", addresses: [`${PHONE}/24`] } },
        gateway: "10.77.0.1",
      },
    },
  });
}

function udp(host: LabHost, hostname: string, port: number): UdpTransport {
  const open = () => Deno.listenDatagram({ transport: "udp", hostname, port });
  return new UdpTransport(host.inside(open));
}

function serversOf(host: LabHost): SipTransport[] {
  const listen = (port: number) => host.listen({ hostname: PBX, port });
  return [
    udp(host, PBX, PORTS.UDP),
    tcpTransport({ listener: listen(PORTS.TCP) }),
    wsTransport({
      server: serveWebSocket({ listener: listen(PORTS.WS), protocols: [SUB_PROTOCOL] }),
    }),
  ];
}

function phoneOver(protocol: keyof typeof PORTS, host: LabHost): SipTransport {
  const connect = (to: { hostname: string; port: number }) => host.connect(to);
  const local: Endpoint = { host: PHONE, port: 5070 };
  if (protocol === "UDP") return udp(host, PHONE, local.port);
  return protocol === "TCP" ? tcpTransport({ local, connect }) : wsTransport({ local, connect });
}

Deno.test({
  name: "from behind NAT, in namespaces, phones register over UDP, TCP and WS and are called",
  ignore: !ok,
  fn: async () => {
    await using lab = await makeLab();
    const pbx = new Pbx({
      transport: serversOf(lab.host("pbx")),
      timers: hostTimers,
      random: new Random(1),
      variant: "asterisk22",
      phones: { UDP: "u", TCP: "t", WS: "w" },
    });
    const phones = (["UDP", "TCP", "WS"] as const).map((user) =>
      new UserAgent({
        transport: phoneOver(user, lab.host("phone")),
        timers: hostTimers,
        random: new Random(user),
        identity: `sip:${user}@${PBX}`,
        peer: { host: PBX, port: PORTS[user] },
        credentials: { user, password: user[0]!.toLowerCase() },
        onCall: (call) => call.answer("v=0"),
      })
    );
    const late = (what: string) => () => assert.fail(`${what}: nothing within 20 s`);
    try {
      for (const phone of phones) {
        const answer = await withLimit(phone.register().done, seconds(20), late("REGISTER"));
        assert.equal((answer as { status?: number }).status, 200);
      }
      assert.deepEqual(pbx.bindings.all().map(({ from }) => from.host), [ROUTER, ROUTER, ROUTER]);
      for (const [n, phone] of phones.entries()) {
        const target = ["TCP", "WS", "UDP"][n]!;
        const call = phone.call(`sip:${target}@${PBX}`, { body: "v=0" });
        const decided = Promise.withResolvers<void>();
        call.onState = (state) => state === "up" || state === "ended" ? decided.resolve() : 0;
        await withLimit(decided.promise, seconds(20), late(`the call of ${target}`));
        assert.equal(call.state, "up", target);
        call.hangUp();
        await withLimit(call.farewell.done, seconds(20), late("BYE"));
      }
    } finally {
      for (const phone of phones) phone.close();
      pbx.close();
    }
  },
});
