import assert from "node:assert/strict";
import {
  callFailure,
  failure,
  FAILURE_CODES,
  microphoneFailure,
  PhoneError,
  registerFailure,
} from "./failures.ts";

Deno.test("each failure is a sentence and an advice, with what it is about", () => {
  for (const code of FAILURE_CODES) {
    const { message, advice } = failure(code, { what: "1002" });
    for (const text of [message, advice]) {
      assert.match(text, /^[A-Z\d]/, code);
      assert.doesNotMatch(text, /\.$|[{}]/, code);
    }
  }
  assert.equal(failure("busy", { what: "1002" }).message, "1002 is busy");
});

Deno.test("a wrong password is 403 of chan_sip and a second 401 of PJSIP", () => {
  for (const status of [401, 403, 407]) {
    const { code, passing } = registerFailure(status);
    assert.deepEqual([code, passing], ["wrong-password", false]);
  }
});

Deno.test("only what may pass by itself is tried again", () => {
  const passing = [undefined, 404, 408, 423, 500, 503, 600].filter((status) =>
    registerFailure(status).passing
  );
  assert.deepEqual(passing, [undefined, 408, 500, 503]);
});

Deno.test("a status of a call says what its user can do", () => {
  const codes = [404, 408, 480, 486, 488, 503, 600, 603].map((status) =>
    callFailure(status, "1002")?.code
  );
  assert.deepEqual(codes, [
    "not-found",
    "no-answer",
    "unavailable",
    "busy",
    "incompatible-media",
    "server-error",
    "busy",
    "declined",
  ]);
  assert.equal(callFailure(487, "1002"), undefined, "a cancelled call has not failed");
  assert.equal(callFailure(402, "1002")?.code, "call-failed");
});

Deno.test("a microphone that is missing, forbidden or taken is told apart", () => {
  assert.equal(microphoneFailure("NotFoundError").code, "microphone-missing");
  assert.equal(microphoneFailure("NotAllowedError").code, "microphone-denied");
  assert.equal(microphoneFailure("NotReadableError").code, "microphone-busy");
});

Deno.test("an error says it all", () => {
  const { message } = new PhoneError(failure("not-found", { what: "9999", status: 404 }));
  assert.equal(message, "There is no 9999; Check the number");
});
