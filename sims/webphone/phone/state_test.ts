import assert from "node:assert/strict";
import fc from "fast-check";
import { failure } from "./failures.ts";
import { FIRST_STATE, inCall, next, type PhoneEvent, type WebphoneState } from "./state.ts";

function after(...events: PhoneEvent[]): WebphoneState {
  return events.reduce(next, FIRST_STATE);
}

const BUSY = failure("busy", { what: "1002", status: 486 });

Deno.test("a call that is made goes from calling over ringing to up, and ends", () => {
  const dialled: PhoneEvent = { type: "dialled", other: "600" };
  assert.equal(after(dialled).call, "calling");
  assert.equal(after(dialled).direction, "out");
  assert.equal(after(dialled, { type: "ringing" }).call, "ringing");
  const up = after(dialled, { type: "ringing" }, { type: "up" });
  assert.equal(up.call, "up");
  assert.equal(next(up, { type: "ended" }).call, "ended");
  assert.equal(next(up, { type: "ended" }).other, "600");
});

Deno.test("a call that comes in is incoming until it is up", () => {
  const called = after({ type: "called", other: "1002" });
  assert.deepEqual([called.call, called.direction], ["incoming", "in"]);
  assert.equal(next(called, { type: "ringing" }).call, "incoming");
  assert.equal(next(called, { type: "up" }).call, "up");
});

Deno.test("a second call changes nothing of the first", () => {
  const up = after({ type: "dialled", other: "600" }, { type: "up" });
  assert.equal(next(up, { type: "called", other: "1002" }), up);
  assert.equal(next(up, { type: "dialled", other: "1002" }), up);
});

Deno.test("hold and back needs a call that is up", () => {
  const up = after({ type: "dialled", other: "600" }, { type: "up" });
  const held = next(up, { type: "held" });
  assert.equal(held.call, "held");
  assert.equal(next(held, { type: "resumed" }).call, "up");
  assert.equal(next(FIRST_STATE, { type: "held" }).call, "idle");
});

Deno.test("why a call failed is told until the next one", () => {
  const failed = after({ type: "dialled", other: "1002" }, { type: "ended", failure: BUSY });
  assert.equal(failed.callFailure, BUSY);
  assert.equal(next(failed, { type: "dialled", other: "600" }).callFailure, undefined);
});

Deno.test("a new call is not muted as the last one was", () => {
  const up: PhoneEvent[] = [{ type: "dialled", other: "600" }, { type: "up" }];
  const muted = after(...up, { type: "muted", on: true });
  assert.equal(muted.muted, true);
  const again = [{ type: "ended" }, ...up].reduce(
    (state, event) => next(state, event as PhoneEvent),
    muted,
  );
  assert.equal(again.muted, false);
});

Deno.test("a lost connection leaves a call as it is", () => {
  const lost = failure("connection-lost");
  const state = after(
    { type: "registered" },
    { type: "dialled", other: "600" },
    { type: "up" },
    { type: "registration failed", failure: lost },
    { type: "connecting", attempts: 1 },
  );
  assert.deepEqual([state.registration, state.call, state.attempts], ["connecting", "up", 1]);
  assert.equal(state.registrationFailure, lost, "said until it is registered again");
  assert.equal(next(state, { type: "registered" }).registrationFailure, undefined);
});

Deno.test("whatever happens, only a call is muted or on hold, and who is in one is named", () => {
  const event = fc.constantFrom<PhoneEvent>(
    { type: "connecting", attempts: 2 },
    { type: "registering" },
    { type: "registered" },
    { type: "unregistered" },
    { type: "dialled", other: "600" },
    { type: "called", other: "1002" },
    { type: "ringing" },
    { type: "up" },
    { type: "held" },
    { type: "resumed" },
    { type: "held by other", on: true },
    { type: "muted", on: true },
    { type: "trouble", failure: BUSY },
    { type: "ended" },
  );
  fc.assert(fc.property(fc.array(event), (events) => {
    const state = after(...events);
    if (inCall(state)) assert.ok(state.other && state.direction);
    else assert.ok(!state.muted && !state.heldByOther);
  }));
});
