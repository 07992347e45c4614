import assert from "node:assert/strict";
import fc from "fast-check";
import {
  contains,
  formatAddress,
  NetworkSet,
  parseAddress,
  parseNetwork,
  toWords,
} from "./address.ts";

Deno.test("each address has one spelling", () => {
  const spelled: readonly (readonly [string, string])[] = [
    ["198.51.100.7", "198.51.100.7"],
    ["::ffff:198.51.100.7", "198.51.100.7"],
    ["[2001:DB8::1]", "2001:db8:0:0:0:0:0:1"],
    ["fe80::1%eth0", "fe80:0:0:0:0:0:0:1"],
    ["2001:db8::198.51.100.7", "2001:db8:0:0:0:0:c633:6407"],
    ["::", "0:0:0:0:0:0:0:0"],
  ];
  for (const [text, expected] of spelled) {
    assert.equal(formatAddress(parseAddress(text)!), expected);
  }
});

Deno.test("what is no address is none", () => {
  const texts = [
    "",
    "1.2.3",
    "1.2.3.256",
    "01.2.3.4",
    "1.2.3.4.5",
    ":::",
    "1::2::3",
    "12345::",
    "g::",
  ];
  for (const text of [...texts, "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "::1.2.3", "pbx.example"]) {
    assert.equal(parseAddress(text), undefined, text);
  }
});

Deno.test("the edges of a network are within it, their neighbours are not", () => {
  const edges: readonly (readonly [string, string, boolean])[] = [
    ["198.51.100.0/24", "198.51.100.0", true],
    ["198.51.100.0/24", "198.51.100.255", true],
    ["198.51.100.0/24", "198.51.101.0", false],
    ["198.51.100.0/24", "198.51.99.255", false],
    ["198.51.100.64/27", "198.51.100.95", true],
    ["198.51.100.64/27", "198.51.100.96", false],
    ["198.51.100.7", "198.51.100.7", true],
    ["198.51.100.7", "198.51.100.6", false],
    ["0.0.0.0/0", "203.0.113.9", true],
    ["0.0.0.0/0", "2001:db8::1", false],
    ["2001:db8::/33", "2001:db8:7fff:ffff::", true],
    ["2001:db8::/33", "2001:db8:8000::", false],
  ];
  for (const [network, address, expected] of edges) {
    assert.equal(
      contains(parseNetwork(network), parseAddress(address)!),
      expected,
      `${address} in ${network}`,
    );
  }
});

Deno.test("what is no network is refused with its text", () => {
  for (
    const text of ["198.51.100.0/33", "x/8", "198.51.100.0/", "1.2.3.4/8/8", "::/129", "1.2.3.4/-1"]
  ) {
    assert.throws(() => parseNetwork(text), {
      name: "RangeError",
      message: `Cannot read network "${text}": it is no address/bits; ` +
        "write it as 198.51.100.0/24 or 2001:db8::/32",
    });
  }
});

Deno.test("an address is the same after it was written and read, whatever its bytes", () => {
  const bytes = fc.oneof(
    fc.uint8Array({ minLength: 4, maxLength: 4 }),
    fc.uint8Array({ minLength: 16, maxLength: 16 }).filter((b) => b[0] !== 0),
  );
  fc.assert(fc.property(bytes, (b) => assert.deepEqual(parseAddress(formatAddress(b)), b)));
  fc.assert(fc.property(fc.string(), (text) => void parseAddress(text)));
});

Deno.test("a set of networks knows its edges, as contains does, and keeps IPv4 and IPv6 apart", () => {
  const networks = ["203.0.113.64/27", "0.0.0.0/32", "2001:db8::/33", "198.51.100.7", "::/127"];
  const set = new NetworkSet(networks.map(parseNetwork));
  const has = (text: string) => {
    const bytes = parseAddress(text)!;
    const said = networks.some((network) => contains(parseNetwork(network), bytes));
    assert.equal(set.has(toWords(bytes)), said, text);
    return said;
  };
  for (const inside of ["203.0.113.64", "203.0.113.95", "2001:db8:7fff::9", "::", "::1"]) {
    assert.ok(has(inside), inside);
  }
  for (const outside of ["203.0.113.63", "203.0.113.96", "2001:db8:8000::", "::2", "0.0.0.1"]) {
    assert.ok(!has(outside), outside);
  }
  const [all4, all6] = ["0.0.0.0/0", "::/0"].map((text) => new NetworkSet([parseNetwork(text)]));
  assert.deepEqual(
    ["9.9.9.9", "2001:db8::"].map((text) => {
      const words = toWords(parseAddress(text)!);
      return [all4!.has(words), all6!.has(words)];
    }),
    [[true, false], [false, true]],
  );
  assert.ok(!new NetworkSet([]).has(new Int32Array(4)));
});
