import assert from "node:assert/strict";
import { checkAccount, checkTarget } from "./options.ts";
import { PhoneError } from "./failures.ts";

const SERVER = "wss://pbx.example:4443/pbxws";

function refusal(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof PhoneError) return `${error.failure.code}: ${error.failure.message}`;
  }
  return "none";
}

Deno.test("the domain is the server's host unless it is given", () => {
  assert.equal(checkAccount({ server: SERVER, user: "1001" }).uri, "sip:1001@pbx.example");
  const { uri } = checkAccount({ server: SERVER, user: "1001", domain: "example.org" });
  assert.equal(uri, "sip:1001@example.org");
});

Deno.test("what is no server or no user is refused before anything is sent", () => {
  for (const server of ["", "pbx.example", "https://pbx.example/", "wss://"]) {
    const text = refusal(() => checkAccount({ server, user: "1001" }));
    assert.equal(text, `bad-server: "${server}" is no address of a server`);
  }
  for (const user of ["", "a b", "a@b", "a>b"]) {
    const text = refusal(() => checkAccount({ server: SERVER, user }));
    assert.equal(text, `bad-user: "${user}" cannot be a user or domain`);
  }
});

Deno.test("a page from https does not try ws, but on this machine", () => {
  const of = (server: string) => refusal(() => checkAccount({ server, user: "1001" }, "https:"));
  assert.match(of("ws://pbx.example/ws"), /^insecure-server/);
  assert.equal(of("ws://127.0.0.1:8088/ws"), "none");
  assert.equal(of(SERVER), "none");
});

Deno.test("a number is called without what people write between its digits", () => {
  assert.equal(checkTarget(" +49 (30) 123-45/6 "), "+4930123456");
  assert.equal(checkTarget("*43#"), "*43#");
  assert.equal(checkTarget("anna.maria"), "anna.maria");
  assert.equal(checkTarget("sip:600@pbx.example"), "sip:600@pbx.example");
});

Deno.test("what cannot be called is refused", () => {
  for (const typed of ["anna maria", "a@b@c", "<sip:600@pbx.example>"]) {
    assert.equal(refusal(() => checkTarget(typed)), `bad-number: "${typed}" cannot be called`);
  }
  assert.equal(refusal(() => checkTarget(" ")), "bad-number: Nothing cannot be called");
});
