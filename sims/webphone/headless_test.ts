import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { ms, seconds } from "hil/time/mod.ts";
import type { PbxEvent } from "sims/sip/mod.ts";
import { serveWebSocket } from "sims/websocket/mod.ts";
import { type DeskOptions, DeskPbx } from "./desk.ts";
import { type HeadlessOptions, HeadlessPhone } from "./headless.ts";

const PHONES = { "1001": "one", "1002": "two" };

/** An exchange, and phones of it; all of them are closed at the end. */
class Office implements Disposable {
  readonly events: PbxEvent[] = [];
  readonly desk: DeskPbx;
  readonly #phones: HeadlessPhone[] = [];

  constructor(options: Partial<DeskOptions> = {}) {
    this.desk = new DeskPbx({
      phones: PHONES,
      onEvent: (event) => void this.events.push(event),
      ...options,
    });
  }

  phone(user: keyof typeof PHONES, options: Partial<HeadlessOptions> = {}): HeadlessPhone {
    const account = { server: this.desk.url, user, password: PHONES[user] };
    const phone = new HeadlessPhone({ ...account, ...options });
    this.#phones.push(phone);
    return phone;
  }

  async registered(
    user: keyof typeof PHONES,
    options: Partial<HeadlessOptions> = {},
  ): Promise<HeadlessPhone> {
    const phone = this.phone(user, options);
    phone.register();
    await phone.until(({ registration }) => registration === "registered");
    return phone;
  }

  [Symbol.dispose](): void {
    for (const phone of this.#phones) phone.close();
    this.desk.close();
  }
}

/** JsSIP keeps timers of transactions for a while after their end (RFC 3261, section 17). */
function test(name: string, run: () => Promise<void>): void {
  Deno.test({ name, fn: run, sanitizeOps: false, sanitizeResources: false });
}

test("a headless phone registers over a real WebSocket, and unregisters", async () => {
  using office = new Office();
  const phone = office.phone("1001");
  assert.deepEqual([phone.state.registration, phone.state.attempts], ["unregistered", 0]);
  const states = ["connecting", "registering", "registered"].map((state) =>
    phone.until(({ registration }) => registration === state)
  );
  phone.register();
  await Promise.all(states);
  assert.equal(office.desk.pbx.bindings.of("1001").length, 1);
  phone.unregister();
  await phone.until(({ registration }) => registration === "unregistered");
  assert.deepEqual(office.desk.pbx.bindings.of("1001"), []);
});

test("a wrong password is told as such, and not tried again", async () => {
  for (const variant of ["asterisk22", "chan_sip"] as const) {
    using office = new Office({ variant });
    const phone = office.phone("1001", { password: "wrong" });
    phone.register();
    const { registrationFailure } = await phone.until(({ registration }) =>
      registration === "failed"
    );
    assert.equal(registrationFailure?.code, "wrong-password");
    assert.equal(registrationFailure.passing, false);
    assert.equal(registrationFailure.status, variant === "chan_sip" ? 403 : 401);
  }
});

test("a wrong password ends the connection; to register again begins a new one", async () => {
  using office = new Office();
  const phone = office.phone("1001", { password: "wrong" });
  for (const attempts of [1, 2]) {
    phone.register();
    await phone.until(({ registration }) => registration === "failed");
    assert.equal(phone.isConnected, false);
    const refused = office.events.filter(({ kind }) => kind === "refused");
    assert.equal(refused.length, attempts);
  }
});

test("the secret of one registration is enough for the next", async () => {
  using office = new Office();
  const ha1 = createHash("md5").update(`1001:asterisk:${PHONES["1001"]}`).digest("hex");
  await office.registered("1001", { password: undefined, secret: { realm: "asterisk", ha1 } });
});

test("a phone registers again when its exchange is back", async () => {
  const first = new Office();
  const port = Number(new URL(first.desk.url).port);
  const phone = first.phone("1001", { reconnect: { minS: 1, maxS: 1 } });
  phone.register();
  await phone.until(({ registration }) => registration === "registered");
  first.desk.close();
  const lost = await phone.until(({ registration }) => registration === "failed");
  assert.equal(lost.registrationFailure?.code, "connection-lost");
  using office = new Office({ port });
  const { registrationFailure } = await phone.until(({ registration }) =>
    registration === "registered"
  );
  assert.equal(registrationFailure, undefined);
  assert.equal(office.desk.pbx.bindings.of("1001").length, 1);
  phone.close();
});

test("a connection that nobody answers on is dropped and made anew", async () => {
  const server = serveWebSocket({ hostname: "127.0.0.1", protocols: ["sip"] });
  const sockets = server[Symbol.asyncIterator]();
  const url = `ws://127.0.0.1:${server.address.port}/ws`;
  const phone = new HeadlessPhone({ server: url, user: "1001", password: "x", keepAliveS: 0.1 });
  phone.register();
  await sockets.next();
  const { registrationFailure } = await phone.until(({ registration }) =>
    registration === "failed"
  );
  assert.equal(registrationFailure?.code, "connection-lost");
  await sockets.next();
  phone.close();
  await server.shutdown(ms(100));
});

test("an exchange that is not there is told with its address", async () => {
  const phone = new HeadlessPhone({ server: "ws://127.0.0.1:9/ws", user: "1001", password: "x" });
  phone.register();
  const { registrationFailure } = await phone.until(({ registration }) =>
    registration === "failed"
  );
  phone.close();
  assert.equal(registrationFailure?.code, "server-down");
  assert.match(registrationFailure.message, /ws:\/\/127\.0\.0\.1:9\/ws/);
});

test("two headless phones call, and the end of one is the end of the other", async () => {
  using office = new Office();
  const [caller, called] = [await office.registered("1001"), await office.registered("1002")];
  caller.call("1002");
  await caller.until(({ call }) => call === "up");
  const { other, direction } = await called.until(({ call }) => call === "up");
  assert.deepEqual([other, direction], ["1001", "in"]);
  called.hangUp();
  const { callFailure } = await caller.until(({ call }) => call === "ended");
  assert.equal(callFailure, undefined);
});

test("a call that is refused says why", async () => {
  using office = new Office();
  const caller = await office.registered("1001");
  await office.registered("1002", { answer: 486 });
  for (const [number, code] of [["1002", "busy"], ["9999", "not-found"], ["700", "forbidden"]]) {
    caller.call(number!);
    const { callFailure } = await caller.until(({ call }) => call === "ended", seconds(5));
    assert.equal(callFailure?.code, code);
  }
});
