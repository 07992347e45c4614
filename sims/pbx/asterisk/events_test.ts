import assert from "node:assert/strict";
import { AmiMessage } from "./ami_message.ts";
import { happening } from "./events.ts";

const event = (fields: Record<string, string>) => new AmiMessage(Object.entries(fields));

Deno.test("security events say who asked from where, by which protocol", () => {
  const security = { AccountID: "1001", Service: "PJSIP" };
  const at = { RemoteAddress: "IPV4/UDP/198.51.100.10/5060" };
  const data = { user: "1001", address: "198.51.100.10", protocol: "UDP" };
  for (
    const [name, kind] of [
      ["ChallengeSent", "challenged"],
      ["ChallengeResponseFailed", "refused"],
      ["InvalidPassword", "refused"],
      ["InvalidAccountID", "refused"],
    ]
  ) {
    assert.deepEqual(happening(event({ Event: name!, ...security, ...at })), {
      kind,
      data: { ...data, name },
    });
  }
  const mapped = { RemoteAddress: "IPV6/WS/::ffff:203.0.113.9/40000" };
  const seen = happening(event({ Event: "InvalidPassword", ...security, ...mapped }));
  assert.equal(seen?.data.address, "203.0.113.9");
  assert.equal(seen?.data.protocol, "WS");
});

Deno.test("the manager's own log-in is nothing that happened to the PBX", () => {
  const own = { AccountID: "hil", Service: "AMI", RemoteAddress: "IPV4/TCP/127.0.0.1/40000" };
  assert.equal(happening(event({ Event: "InvalidPassword", ...own })), undefined);
  assert.equal(happening(event({ Event: "FullyBooted" })), undefined);
  assert.equal(happening(event({})), undefined);
});

Deno.test("peers of chan_sip and contacts of PJSIP register and go", () => {
  const peer = { Event: "PeerStatus", Peer: "SIP/1001", Address: "[2001:db8::10]:5060" };
  assert.deepEqual(happening(event({ ...peer, PeerStatus: "Registered" })), {
    kind: "registered",
    data: { user: "1001", address: "2001:db8::10", name: "PeerStatus" },
  });
  assert.equal(happening(event({ ...peer, PeerStatus: "Unregistered" }))?.kind, "unregistered");
  assert.equal(happening(event({ ...peer, PeerStatus: "Lagged" })), undefined);
  for (
    const [uri, address] of [
      ["sip:1001@198.51.100.10:5060;transport=ws", "198.51.100.10"],
      ["sips:1001@[2001:db8::10]:5061", "2001:db8::10"],
      ["sip:198.51.100.10", "198.51.100.10"],
      ["", undefined],
    ]
  ) {
    const contact = { Event: "ContactStatus", AOR: "1001", URI: uri!, ContactStatus: "Created" };
    const happened = happening(event(contact));
    assert.equal(happened?.kind, "registered");
    assert.equal(happened?.data.address, address);
  }
});

Deno.test("a channel is a call of the phone that it is of", () => {
  const channel = { Event: "Newchannel", Channel: "PJSIP/my-phone-00000001" };
  assert.deepEqual(happening(event(channel)), {
    kind: "call",
    data: { user: "my-phone", name: "Newchannel" },
  });
  assert.equal(happening(event({ ...channel, Event: "Hangup" }))?.kind, "hangup");
});

Deno.test("a key is told once, by the phone that it was pressed on", () => {
  const begin = { Event: "DTMFBegin", Channel: "PJSIP/1001-00000001", Digit: "5" };
  const data = { user: "1001", digit: "5", name: "DTMFBegin" };
  assert.deepEqual(happening(event({ ...begin, Direction: "Received" })), { kind: "dtmf", data });
  assert.equal(happening(event({ ...begin, Direction: "Sent" })), undefined);
});
