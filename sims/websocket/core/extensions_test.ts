import assert from "node:assert/strict";
import { acceptDeflate, agreedDeflate, offerDeflate, parseExtensions } from "./extensions.ts";

Deno.test("extensions are read as section 9.1 has them", () => {
  assert.deepEqual(parseExtensions('X-a;b ; c=1;d = "e", ,f; g="h\\i"'), [
    { name: "X-a", parameters: [["b", true], ["c", "1"], ["d", "e"]] },
    { name: "f", parameters: [["g", "hi"]] },
  ]);
});

Deno.test("what section 9.1 does not have is malformed", () => {
  const wrong = [
    ...["", ",", "a b", '"a"', "a;", "a; b c", "a; =1", "a; b=", "a; b=c d", 'a; b=""'],
    ...['a; b="c,d"', 'a; b="c;d"', 'a; b="c\\"d"', 'a; b="c\\', 'a; b="c', 'a; b=c"', "a; b=c\\d"],
  ];
  for (const value of wrong) {
    assert.throws(() => parseExtensions(value), {
      name: "HandshakeError",
      status: 400,
      message: `Sec-WebSocket-Extensions is malformed: "${value}" (RFC 6455, section 9.1)`,
    }, value);
  }
});

Deno.test("each side keeps to what it wants and to what the other asks for", () => {
  const wishes = {
    ...{ serverNoContextTakeover: true, clientNoContextTakeover: true },
    ...{ serverMaxWindowBits: 10, clientMaxWindowBits: 11 },
  };
  const header = "permessage-deflate; server_no_context_takeover; client_no_context_takeover; " +
    "server_max_window_bits=10; client_max_window_bits=11";
  assert.equal(offerDeflate(wishes), header);
  for (const [offer, wanted] of [[header, {}], [offerDeflate({}), wishes]] as const) {
    assert.deepEqual(acceptDeflate(parseExtensions(offer), wanted), { header, parameters: wishes });
  }
  assert.deepEqual(agreedDeflate(parseExtensions(header), {}), wishes);
  const bare = "permessage-deflate; server_no_context_takeover; server_max_window_bits=9";
  assert.deepEqual(agreedDeflate(parseExtensions(bare), wishes), {
    ...wishes,
    serverMaxWindowBits: 9,
  });
});
