import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { type HeaderList, request } from "../message/mod.ts";
import type { TransactionLayer } from "../transaction/mod.ts";
import { type BindingLimits, Bindings, LIMITS } from "./bindings.ts";

const FROM = { host: "203.0.113.5", port: 5060 };
const [LAYER, OTHER] = ["one", "another"].map((name) => ({ name }) as unknown as TransactionLayer);
const [ONE, TWO] = ["<sip:7@203.0.113.5>", "<sip:7@203.0.113.6>"] as const;

/** A registrar of one user, at a time that the test gives. */
function registrar(limits: Partial<BindingLimits> = {}) {
  const clock = { nowS: 100 };
  const bindings = new Bindings(() => clock.nowS * 1e9, { ...LIMITS, ...limits });
  let number = 0;
  const update = (contacts: readonly string[], { expires, callId = "a", cseq = ++number }: {
    readonly expires?: string;
    readonly callId?: string;
    readonly cseq?: number;
  } = {}) => {
    const list: HeaderList = contacts.map((contact) => ["Contact", contact] as const);
    const register = request("REGISTER", "sip:pbx", [
      ...[["Call-ID", callId], ["CSeq", `${cseq} REGISTER`], ["Expires", expires]] as const,
      ...list,
    ]);
    return bindings.update("7", register, { from: FROM, layer: LAYER! });
  };
  const left = () =>
    bindings.of("7").map(({ contact, expiresNs }) =>
      `${contact.replace("sip:7@203.0.113.", "")} ${expiresNs / 1e9 - clock.nowS}`
    );
  return { clock, bindings, update, left };
}

// RFC 3261 section 10.3, steps 6 to 8.
Deno.test("a contact lasts for its own time, that of the request, or the registrar's", () => {
  const { clock, update, left } = registrar({ defaultExpiresS: 300, maxExpiresS: 500 });
  assert.equal(update([`${ONE};expires=60`, TWO], { expires: "90" }), 200);
  assert.deepEqual(left(), ["5 60", "6 90"]);
  assert.equal(update([ONE]), 200);
  assert.equal(update([TWO], { expires: "501" }), 200);
  assert.deepEqual(left(), ["5 300", "6 500"]);
  clock.nowS += 300;
  assert.deepEqual(left(), ["6 200"], "at that very moment it is over");
});

Deno.test("a contact is taken back by a time of 0, all of them by a star", () => {
  const { update, left } = registrar();
  assert.equal(update([ONE, TWO]), 200);
  assert.equal(update([`${ONE};expires=0`]), 200);
  assert.deepEqual(left(), ["6 3600"]);
  assert.equal(update([ONE]), 200);
  assert.equal(update(["*"], { expires: "0" }), 200);
  assert.deepEqual(left(), []);
});

Deno.test("a star that takes nothing back is refused, and changes nothing", () => {
  const { update, left } = registrar();
  update([ONE]);
  for (const expires of [undefined, "60"]) {
    assert.equal(update(["*"], expires === undefined ? {} : { expires }), 400);
  }
  assert.deepEqual(left(), ["5 3600"]);
});

Deno.test("who asks for less than the shortest time is told 423, and nothing of it is kept", () => {
  const { update, left } = registrar({ minExpiresS: 60 });
  assert.equal(update([ONE, `${TWO};expires=59`]), 423);
  assert.deepEqual(left(), []);
  assert.equal(update([`${ONE};expires=60`]), 200);
  assert.equal(update([ONE], { expires: "0" }), 200, "none at all is no short time");
  assert.deepEqual(left(), []);
});

Deno.test("a request older than the last of its Call-ID is refused, of another one it is not", () => {
  const { update, left } = registrar();
  assert.equal(update([ONE], { cseq: 5 }), 200);
  for (const cseq of [4, 5]) assert.equal(update([TWO], { cseq }), 500);
  assert.deepEqual(left(), ["5 3600"]);
  assert.equal(update([TWO], { cseq: 1, callId: "b" }), 200);
  assert.equal(update([ONE], { cseq: 6 }), 200);
  assert.equal(left().length, 2);
});

Deno.test("more contacts than a user may have are refused, and those that are stay", () => {
  const { update, left } = registrar({ maxContacts: 1 });
  assert.equal(update([ONE]), 200);
  assert.equal(update([TWO]), 403);
  assert.deepEqual(left(), ["5 3600"]);
});

Deno.test("one that takes over has those that are still reached, over its own layer", () => {
  const { bindings, update } = registrar();
  update([ONE, TWO]);
  const [gone, kept] = bindings.ofByMd5("7");
  const md5 = (text: string) => createHash("md5").update(text).digest("hex");
  assert.ok(md5(gone!.contact) < md5(kept!.contact));
  const next = registrar().bindings;
  next.adopt(bindings, (layer) => layer === LAYER ? OTHER : undefined);
  assert.deepEqual(
    next.all().map(({ contact, layer }) => [contact, layer]),
    bindings.all().map(({ contact }) => [contact, OTHER]),
  );
  const last = registrar().bindings;
  last.adopt(next, (layer) => layer === LAYER ? OTHER : undefined);
  assert.deepEqual(last.all(), []);
});
