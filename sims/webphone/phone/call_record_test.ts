import assert from "node:assert/strict";
import { recordOf } from "./call_record.ts";
import { failure } from "./failures.ts";
import { FIRST_STATE, next, type PhoneEvent } from "./state.ts";

const BEGUN = new Date("2026-11-25T10:00:00Z");

function outcome(events: PhoneEvent[], end: PhoneEvent & { type: "ended" }, upS = 0): string {
  const before = events.reduce(next, FIRST_STATE);
  const isDeclined = end.isDeclined ?? false;
  return recordOf(before, next(before, end), { begun: BEGUN, upS, isDeclined }).outcome;
}

Deno.test("a record says how a call ended, from the side of this phone", () => {
  const [dialled, called, up]: PhoneEvent[] = [
    { type: "dialled", other: "600" },
    { type: "called", other: "1002" },
    { type: "up" },
  ];
  const busy = failure("busy", { what: "600" });
  assert.equal(outcome([dialled!, up!], { type: "ended" }), "answered");
  assert.equal(outcome([dialled!], { type: "ended", failure: busy }), "failed");
  assert.equal(outcome([dialled!], { type: "ended" }), "cancelled");
  assert.equal(outcome([called!], { type: "ended" }), "missed");
  assert.equal(outcome([called!], { type: "ended", isDeclined: true }), "declined");
});
