import assert from "node:assert/strict";
import { BAD, bytes, GOOD } from "./_torture.ts";
import { faultsOf } from "./check.ts";
import { SipSyntaxError } from "./error.ts";
import { formatMessage } from "./format.ts";
import { headers } from "./message.ts";
import { parseMessage } from "./parse.ts";

Deno.test("there are all 49", () => {
  const names = new Set([...GOOD, ...BAD].map(({ name }) => name));
  assert.equal(names.size, 49);
});

for (const { name, says, message, also } of GOOD) {
  Deno.test(`${name}: ${says}: is read strictly`, () => {
    const raw = typeof message === "string" ? bytes(message) : message;
    const read = parseMessage(raw, { strict: true });
    also?.(read);
    for (const compact of [false, true]) {
      const again = parseMessage(formatMessage(read, { compact }), { strict: true });
      also?.(again);
      assert.deepEqual(headers(again, "Via"), headers(read, "Via"));
      assert.deepEqual(again.body, read.body);
    }
  });
}

for (const { name, says, message, fault, status } of BAD) {
  Deno.test(`${name}: ${says}: is refused strictly`, () => {
    assert.throws(() => parseMessage(bytes(message), { strict: true }), (error) => {
      assert.ok(error instanceof SipSyntaxError, `${error}`);
      assert.equal(error.fault, fault, error.message);
      assert.match(error.message, /^Cannot parse .+: .+[^.]$/);
      return true;
    });
    if (status === undefined) return;
    assert.equal(faultsOf(parseMessage(bytes(message)))[0]!.status, status);
  });
}
