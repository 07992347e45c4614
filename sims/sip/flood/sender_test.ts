import assert from "node:assert/strict";
import { Lab, labAvailable } from "hil/drivers/lab/mod.ts";
import { Capture } from "hil/drivers/pcap/mod.ts";
import { flood, type FloodOptions } from "./mod.ts";

const ignore = !(await labAvailable()).ok;
const OPTIONS: FloodOptions = {
  namespace: "elsewhere",
  interface: "eth0",
  kind: "REGISTER",
  pbx: "198.51.100.1",
  from: "100.64.0.1",
  sources: 100,
  targetMac: "ff:ff:ff:ff:ff:ff",
  count: 1000,
  seconds: 10,
};

Deno.test("it refuses any namespace that no lab has made, and to have no end", async () => {
  for (const namespace of ["elsewhere", "", "../hil-1.2-x", "/proc/1/ns/net", "hil-1.2-x/../y"]) {
    await assert.rejects(flood({ ...OPTIONS, namespace }), {
      name: "FloodError",
      message: `Cannot flood in "${namespace}": no lab has made it; ` +
        "give the namespace of a host of one",
    });
  }
  await assert.rejects(flood({ ...OPTIONS, namespace: "hil-1.2-x", count: Infinity }), RangeError);
});

Deno.test({
  name: "so many frames as are asked for come to the other host, none when time is none",
  ignore,
  async fn() {
    await using lab = await Lab.make({
      networks: { lan: {} },
      hosts: {
        pbx: { links: { eth0: { network: "lan", addresses: ["198.51.100.1/24"] } } },
        bad: { links: { eth0: { network: "lan", addresses: ["198.51.100.66/24"] } } },
      },
    });
    const { namespace } = lab.host("bad");
    const filter = "udp dst port 5060 and dst host 198.51.100.1";
    await using capture = Capture.open({
      interface: "eth0",
      namespace: lab.host("pbx").namespace,
      filter,
    });
    assert.equal((await flood({ ...OPTIONS, namespace })).sent, 1000);
    assert.equal((await flood({ ...OPTIONS, namespace, seconds: 0 })).sent, 0);
    let seen = 0;
    while (seen < 1000 && await capture.ready()) seen += capture.drain(() => {});
    assert.equal(seen, 1000);
    await assert.rejects(flood({ ...OPTIONS, namespace, interface: "eth7" }), {
      message: 'Cannot flood on "eth7": there is no such interface',
    });
  },
});
