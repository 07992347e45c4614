import assert from "node:assert/strict";
import { formatMessage, replyTo, request } from "../message/mod.ts";
import { RegistrationTimes } from "./registrations.ts";

const MS = 1e6;

/** Messages at their times, in milliseconds: "3" asks with that number, "3 200" answers it. */
function times(seen: Readonly<Record<number, string>>, callId = () => "a") {
  const times = new RegistrationTimes();
  for (const [at, what] of Object.entries(seen)) {
    const [number, status] = what.split(" ");
    const asked = request("REGISTER", "sip:pbx", [
      ["Via", "SIP/2.0/UDP 198.51.100.10;branch=z9hG4bKx"],
      ...[["From", "<sip:7@pbx>;tag=1"], ["To", "<sip:7@pbx>"]] as const,
      ...[["Call-ID", callId()], ["CSeq", `${number} REGISTER`]] as const,
    ]);
    const message = status === undefined ? asked : replyTo(asked, Number(status));
    times.see(formatMessage(message), Number(at) * MS);
  }
  return times.ended.map(({ status, tookNs }) => `${status} ${tookNs / MS}`);
}

Deno.test("a registration takes what its two transactions take, not what its phone does", () => {
  const [slowPhone, next] = times({
    0: "1",
    5: "1 401",
    900: "2",
    910: "2 200",
    950: "3",
    951: "3 200",
  });
  assert.equal(slowPhone, "200 15");
  assert.equal(next, "200 1", "of the next one nothing is left over");
});

Deno.test("who is not answered waits from the first REGISTER on", () => {
  assert.deepEqual(times({ 0: "1", 500: "1", 1500: "1", 1501: "1 200" }), ["200 1501"]);
});

Deno.test("who is slow to read an answer, and asks again, is answered twice: the first counts", () => {
  const seen = { 0: "1", 5: "1 401", 600: "1", 601: "1 401", 700: "2", 701: "2 200", 702: "2 200" };
  assert.deepEqual(times(seen), ["200 6"]);
});

Deno.test("what is provisional, of another number, or of no registration ends none", () => {
  assert.deepEqual(times({ 0: "2", 1: "2 100", 2: "1 200" }), []);
  const invite = request("INVITE", "sip:pbx", [["Call-ID", "a"], ["CSeq", "1 INVITE"]]);
  const all = new RegistrationTimes();
  all.see(formatMessage(invite), 0);
  all.see(formatMessage(replyTo(invite, 200)), 1);
  assert.deepEqual(all.ended, []);
});

Deno.test("a refusal ends it, too, and phones are told apart", () => {
  const ids = ["a", "b", "a", "b"].values();
  const seen = { 0: "1", 10: "1", 20: "1 403", 40: "1 200" };
  assert.deepEqual(times(seen, () => ids.next().value!), ["403 20", "200 30"]);
});
