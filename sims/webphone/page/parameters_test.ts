import assert from "node:assert/strict";
import { readParameters, withoutPassword } from "./parameters.ts";

Deno.test("the address of the page tells an account and how it is used", () => {
  const given = readParameters(
    "?server=wss%3A%2F%2Fpbx.example%2Fpbxws&user=1001&domain=pbx.example&password=a%26b" +
      "&auto-answer=1&register=1&keep-alive=0&expires=60",
  );
  assert.deepEqual(given, {
    server: "wss://pbx.example/pbxws",
    user: "1001",
    domain: "pbx.example",
    password: "a&b",
    displayName: undefined,
    autoAnswer: true,
    register: true,
    keepAliveS: 0,
    expiresS: 60,
  });
});

Deno.test("what the address does not say is left open; a flag of 0 is off; a count is a number", () => {
  const { autoAnswer, register, keepAliveS } = readParameters("?register=0&keep-alive=soon");
  assert.deepEqual([autoAnswer, register, keepAliveS], [undefined, false, undefined]);
});

Deno.test("what stands behind # counts, and more than what is sent to the server", () => {
  const { user, password } = readParameters("?user=1001&password=old", "#password=a%26b");
  assert.deepEqual([user, password], ["1001", "a&b"]);
});

Deno.test("the password leaves the address, and the rest stays", () => {
  const clean = withoutPassword("https://pbx.example/?user=1001&password=secret&register=1");
  assert.equal(clean, "https://pbx.example/?user=1001&register=1");
  assert.equal(withoutPassword("https://pbx.example/?user=1001"), undefined);
  const behind = withoutPassword("https://pbx.example/?user=1001#password=secret&register=1");
  assert.equal(behind, "https://pbx.example/?user=1001#register=1");
  const alone = withoutPassword("https://pbx.example/?user=1001#password=secret");
  assert.equal(alone, "https://pbx.example/?user=1001");
  assert.equal(withoutPassword("https://pbx.example/#here"), undefined);
});
