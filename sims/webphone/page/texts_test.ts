import assert from "node:assert/strict";
import { FIRST_STATE } from "../phone/state.ts";
import { callText, durationText, registrationText, titleText } from "./texts.ts";

Deno.test("a duration is read as on a clock", () => {
  assert.deepEqual([0, 9.9, 65, 3605].map(durationText), ["0:00", "0:09", "1:05", "1:00:05"]);
});

Deno.test("the display says who it is and how it stands", () => {
  const up = { ...FIRST_STATE, call: "up", other: "1002", muted: true } as const;
  assert.equal(callText(up), "1002, you are muted");
  assert.equal(callText({ ...up, call: "incoming" }), "1002 is calling");
  assert.equal(titleText({ ...up, call: "incoming" }), "1002 is calling");
  assert.equal(titleText(up), "In a call with 1002");
  assert.equal(titleText({ ...up, call: "ended" }), "Web phone");
});

Deno.test("a connection that is made anew says how often it was tried", () => {
  const connecting = { ...FIRST_STATE, registration: "connecting" } as const;
  assert.equal(registrationText(connecting), "Connecting …");
  assert.equal(registrationText({ ...connecting, attempts: 2 }), "Connecting, attempt 3 …");
});
