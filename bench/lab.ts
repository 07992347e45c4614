/** Labs: how long a network of hosts takes until it is up, beside a script with an `ip` for each. */
import { hostNow } from "hil/time/mod.ts";
import { Lab, labAvailable } from "hil/drivers/lab/mod.ts";
import { OFFICE } from "hil/drivers/lab/office.ts";
import { newName, run } from "hil/drivers/netns/mod.ts";
import { alternate, atMost, type Benchmark, type BenchmarkContext } from "./benchmark.ts";
import { type Figure, median } from "./benchmark.ts";

const PEER = "one ip a command";
const LIMIT_MS = 300;

export const lab: Benchmark = {
  name: "lab",
  title: "4 hosts and 2 networks up and down, beside a shell script with an ip for each command",
  conditions:
    "up: ours until a phone behind NAT is connected to the PBX and a peer to it by IPv6, the " +
    "script until it ends, with the same namespaces, links, addresses, routes and NAT",
  run: measure,
};

async function measure({ quick, progress }: BenchmarkContext): Promise<readonly Figure[]> {
  const available = await labAvailable();
  if (!available.ok) throw new Error(`Cannot make a lab: ${available.reason}; ${available.remedy}`);
  const downs: Record<"ours" | "script", number[]> = { ours: [], script: [] };
  progress("up and down");
  const up = await alternate(quick ? 3 : 10, {
    ours: () => ours(downs.ours),
    script: () => script(downs.script),
  });
  const down = { ours: median(downs.ours), script: median(downs.script) };
  return [
    {
      what: "4 hosts, 2 networks: up",
      unit: "ms",
      ours: up.ours,
      peer: { name: PEER, value: up.script },
      wanted: atMost(up.ours, LIMIT_MS, "ms"),
    },
    {
      what: "the same: down",
      unit: "ms",
      ours: down.ours,
      peer: { name: PEER, value: down.script },
    },
  ];
}

async function ours(downs: number[]): Promise<number> {
  const begun = hostNow();
  const lab = await Lab.make(OFFICE);
  try {
    await connects(lab, "phone", "198.51.100.1");
    await connects(lab, "peer", "2001:db8::1");
    return (hostNow() - begun) / 1e6;
  } finally {
    const closing = hostNow();
    await lab.close();
    downs.push((hostNow() - closing) / 1e6);
  }
}

async function connects(lab: Lab, from: string, hostname: string): Promise<void> {
  const at = { hostname, port: 5060 };
  using server = lab.host("pbx").listen(at);
  const [client, peer] = await Promise.all([lab.host(from).connect(at), server.accept()]);
  client.close();
  peer.close();
}

async function script(downs: number[]): Promise<number> {
  const name = newName();
  const names = ["net", "pbx", "peer", "router", "phone"].map((host) => `${name}-${host}`);
  const begun = hostNow();
  try {
    await run("bash", [], `N=${name}\n${UP}`);
    return (hostNow() - begun) / 1e6;
  } finally {
    const closing = hostNow();
    await run("bash", [], names.map((name) => `ip netns delete ${name}`).join("\n"));
    downs.push((hostNow() - closing) / 1e6);
  }
}

const UP = `set -e
for host in net pbx peer router phone; do
  ip netns add $N-$host
  ip -n $N-$host link set lo up
done
for net in lan home; do
  ip -n $N-net link add $net type bridge
  ip -n $N-net link set $net up
done
port=0
cable() { # host, link, network, addresses
  port=$((port + 1))
  ip -n $N-net link add port$port type veth peer name $2 netns $N-$1
  ip -n $N-net link set port$port master $3 up
  ip -n $N-$1 link set $2 up
  host=$1 link=$2; shift 3
  for address; do ip -n $N-$host address add $address dev $link nodad; done
}
cable pbx eth0 lan 198.51.100.1/24 2001:db8::1/64
cable peer eth0 lan 198.51.100.9/24 2001:db8::9/64
cable router wan lan 198.51.100.2/24
cable router lan home 10.77.0.1/24
cable phone eth0 home 10.77.0.2/24
ip netns exec $N-router sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
ip netns exec $N-router nft 'add table ip nat;
  add chain ip nat post { type nat hook postrouting priority 100; };
  add rule ip nat post oifname "wan" masquerade'
ip -n $N-phone route add default via 10.77.0.1
`;
