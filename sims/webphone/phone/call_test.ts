import assert from "node:assert/strict";
import { seconds, withLimit } from "hil/time/mod.ts";
import { Call } from "./call.ts";
import type { Session } from "./signalling.ts";
import type { PhoneEvent } from "./state.ts";

type Listener = (event: unknown) => void;

/** What a {@link Call} needs of JsSIP's session: it says what the test has it say. */
class ScriptedSession {
  readonly ended: unknown[] = [];
  readonly #listeners = new Map<string, Listener>();
  readonly connection = undefined;

  on(name: string, listener: Listener): void {
    this.#listeners.set(name, listener);
  }

  says(name: string, event: unknown = {}): void {
    this.#listeners.get(name)!(event);
  }

  terminate(options: unknown): void {
    this.ended.push(options);
  }

  hold(): boolean {
    return true;
  }
}

/** A call to 1002, and what it tells. */
function calling() {
  const session = new ScriptedSession();
  const events: PhoneEvent[] = [];
  const call = new Call(session as unknown as Session, {
    other: "1002",
    loudspeaker: {} as never,
    event: (event) => void events.push(event),
  });
  return { session, events, call };
}

/** The code of how it failed, of an end that the session says. */
function failureOf(
  originator: "local" | "remote",
  cause: string,
  { status, before = () => {} }: { status?: number; before?: (call: Call) => void } = {},
) {
  const { session, events, call } = calling();
  before(call);
  session.says("failed", { originator, cause, message: status ? { status_code: status } : null });
  const [end] = events;
  assert.equal(end?.type, "ended");
  return end.type === "ended" ? end.failure?.code : undefined;
}

Deno.test("a call is sent when its first candidate is there, and a moment has passed", async () => {
  const { session } = calling();
  const sent: string[] = [];
  const ready = Promise.withResolvers<void>();
  session.says("icecandidate", { ready: () => ready.resolve() });
  session.says("icecandidate", { ready: () => sent.push("again") });
  await withLimit(ready.promise, seconds(10), () => assert.fail("it waits for more"));
  assert.deepEqual(sent, []);
});

Deno.test("a call that ends says why: the status, or what JsSIP calls it", () => {
  assert.equal(failureOf("remote", "Busy", { status: 486 }), "busy");
  assert.equal(failureOf("remote", "Bad Media Description", { status: 200 }), "incompatible-media");
  assert.equal(failureOf("local", "Connection Error"), "connection-lost");
  assert.equal(failureOf("local", "Request Timeout"), "no-answer-from-server");
  assert.equal(failureOf("local", "WebRTC Error"), "incompatible-media");
  const before = (call: Call) => call.hold(true);
  assert.equal(failureOf("local", "WebRTC Error", { before }), "hold-failed");
  assert.equal(failureOf("local", "Canceled"), undefined);
  assert.equal(failureOf("remote", "Canceled", { status: 487 }), undefined);
  assert.equal(failureOf("remote", "Terminated"), undefined);
});

Deno.test("a call ends once, and is then not hung up any more", () => {
  const { session, events, call } = calling();
  call.hangUp(603);
  assert.deepEqual([session.ended, call.isOver], [[{ status_code: 603 }], false]);
  const end = { originator: "local", cause: "Rejected", message: null };
  session.says("failed", end);
  session.says("ended", end);
  call.hangUp();
  assert.deepEqual(events, [{ type: "ended", failure: undefined, isDeclined: true }]);
  assert.deepEqual([session.ended.length, call.isOver], [1, true]);
});

Deno.test("who hangs up has not declined, nor has who is refused", () => {
  for (const [originator, cause] of [["local", "Terminated"], ["remote", "Rejected"]]) {
    const { session, events } = calling();
    session.says("ended", { originator, cause, message: null });
    assert.deepEqual(events, [{ type: "ended", failure: undefined, isDeclined: false }]);
  }
});

Deno.test("only the other side's hold is told as such", () => {
  const { session, events } = calling();
  for (const originator of ["local", "remote"]) {
    for (const name of ["hold", "unhold"]) session.says(name, { originator });
  }
  assert.deepEqual(events, [
    { type: "held by other", on: true },
    { type: "held by other", on: false },
  ]);
});
