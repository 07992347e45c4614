import assert from "node:assert/strict";
import { header, headers, request, type SipMessage } from "../message/mod.ts";
import type { Protocol, SipTransport, TransportListener } from "../transport/mod.ts";
import { calledUri, givenUri, rewriting } from "./rewrite.ts";

const FROM = { host: "198.51.100.2", port: 40_000 };

/** Contact of a message that came over it. */
function seen(
  message: SipMessage,
  { protocol = "UDP" as Protocol, from = FROM, isSpared = false } = {},
): string | undefined {
  let listener: TransportListener | undefined;
  const transport: SipTransport = {
    ...{ protocol, reliable: protocol !== "UDP", local: { host: "198.51.100.1", port: 5060 } },
    listen: (who) => void (listener = who),
    send() {},
    close() {},
  };
  let got: SipMessage | undefined;
  rewriting(transport, () => isSpared).listen({ message: (message) => void (got = message) });
  listener!.message(message, from);
  return headers(got!, "Contact").join(", ");
}

function register(contact: string, method = "REGISTER"): SipMessage {
  return request(method, "sip:pbx", [["From", "<sip:7@pbx>;tag=1"], ["Contact", contact]]);
}

Deno.test("a Contact becomes the source; what it was stays in a REGISTER", () => {
  const inside = "<sip:7@10.0.0.5:5060>";
  assert.equal(seen(register(inside, "INVITE")), "<sip:7@198.51.100.2:40000>");
  const kept = "sip:7@198.51.100.2:40000;x-ast-orig-host=10.0.0.5:5060";
  assert.equal(seen(register(inside)), `<${kept}>`);
  assert.equal(calledUri(kept), "sip:7@198.51.100.2:40000");
  assert.equal(givenUri(kept), "sip:7@10.0.0.5:5060");
  const own = "sip:7@198.51.100.2:40000";
  assert.equal(seen(register("<sip:7@198.51.100.2:5060>")), `<${own}>`);
  assert.deepEqual([calledUri(own), givenUri(own)], [own, own]);
});

Deno.test("its transport is the one that it came over, its other parameters are its own", () => {
  const contact = '"Seven" <sip:7@198.51.100.2;ob;transport=udp>;expires=60;q=0.5';
  const rest = ">;expires=60;q=0.5";
  const head = '"Seven" <sip:7@198.51.100.2:40000;ob';
  const at = (protocol: Protocol) => seen(register(contact, "INVITE"), { protocol });
  assert.equal(at("UDP"), `${head}${rest}`);
  assert.equal(at("TLS"), `${head};transport=TLS${rest}`);
  assert.equal(at("WS"), `${head};transport=WS${rest}`);
  assert.equal(at("WSS"), `${head};transport=ws${rest}`);
  const from = { host: "2001:db8::7", port: 5061 };
  const six = seen(register("<sip:7@[2001:db8::8]>"), { from });
  assert.equal(six, "<sip:7@[2001:db8::7]:5061;x-ast-orig-host=2001:db8::8:0>");
  assert.equal(givenUri(six!.slice(1, -1)), "sip:7@[2001:db8::8]");
});

Deno.test("what has no contact to move stays as it came", () => {
  for (const contact of ["*", "<tel:+4930123>", "<sip:7@10.0.0.5", "<sip:7@@>"]) {
    assert.equal(seen(register(contact)), contact);
  }
  const plain = register("<sip:7@10.0.0.5>");
  assert.equal(seen(plain, { isSpared: true }), header(plain, "Contact"));
  const routed = {
    ...plain,
    headers: [...plain.headers, { name: "Record-Route", value: "<sip:p>" }],
  };
  assert.equal(seen(routed), header(plain, "Contact"));
  for (const odd of ["tel:1", "sip:7@a;x-ast-orig-host=b", "sip:7@a;x-ast-orig-host"]) {
    assert.ok(givenUri(odd) && calledUri(odd));
  }
});
