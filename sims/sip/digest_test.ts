import assert from "node:assert/strict";
import { DigestClient, digestResponse, DigestServer, ha1 } from "./digest.ts";
import { formatAuth, parseAuth } from "./message/mod.ts";

const ann = { user: "ann", password: "s3cret" };
const passwords = (user: string) => user === "ann" ? ann.password : undefined;

function server(options: Partial<DigestServer["options"]> = {}) {
  const time = { now: 0 };
  const made = new DigestServer({
    realm: "pbx",
    algorithms: ["SHA-256", "MD5"],
    secret: "test",
    now: () => time.now,
    nonceLifeNs: 32e9,
    ...options,
  });
  return { made, time };
}

let serial = 0;
const client = (password = ann.password) =>
  new DigestClient({ user: "ann", password }, () => `c${serial++}`);

Deno.test("the examples of RFC 7616 section 3.9.1 and of RFC 2617", () => {
  const mufasa = { user: "Mufasa", password: "Circle of Life" };
  const realm = "http-auth@example.org";
  const input = {
    method: "GET",
    uri: "/dir/index.html",
    nonce: "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
    qop: { value: "auth", nc: "00000001", cnonce: "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ" },
  };
  const respond = (algorithm: "MD5" | "SHA-256") =>
    digestResponse({ ...input, algorithm, ha1: ha1(algorithm, mufasa, realm) });
  assert.equal(respond("MD5"), "8ca523f5e9506fed4657c9700eebdbec");
  assert.equal(
    respond("SHA-256"),
    "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1",
  );
  const old = ha1("MD5", { user: "Mufasa", password: "Circle Of Life" }, "testrealm@host.com");
  const qop = { value: "auth", nc: "00000001", cnonce: "0a4f113b" };
  const nonce = "dcd98b7102dd2f0e8b11d0f600bfb0c093";
  const response = digestResponse({ ...input, algorithm: "MD5", ha1: old, nonce, qop });
  assert.equal(response, "6629fae49393a05397450978507c4ef1");
});

Deno.test("a client answers the first challenge that it can, and is believed", () => {
  for (const options of [{}, { algorithms: ["MD5"] as const }, { qop: false }]) {
    const { made } = server(options);
    const phone = client();
    assert.ok(
      phone.challenged([
        'Digest realm="pbx", nonce="x", algorithm=SHA-512-256',
        ...made.challenges(),
      ]),
    );
    const answer = phone.answer("REGISTER", "sip:pbx")!;
    assert.equal(
      parseAuth(answer, "Authorization").fields.get("algorithm"),
      made.options.algorithms[0],
    );
    assert.deepEqual(made.check(answer, "REGISTER", passwords), { type: "good", user: "ann" });
  }
});

Deno.test("another password, method, realm, user or nonce of nobody is not believed", () => {
  const { made } = server();
  const wrong = client("guess");
  wrong.challenged(made.challenges());
  assert.equal(
    made.check(wrong.answer("REGISTER", "sip:pbx")!, "REGISTER", passwords).type,
    "wrong",
  );
  const right = client();
  right.challenged(made.challenges());
  const answer = right.answer("REGISTER", "sip:pbx")!;
  assert.equal(made.check(answer, "INVITE", passwords).type, "wrong");
  assert.equal(made.check(answer.replace('"ann"', '"bob"'), "REGISTER", passwords).type, "wrong");
  const other = server({ realm: "other" }).made;
  assert.equal(other.check(answer, "REGISTER", passwords).type, "wrong");
  const stranger = server({ secret: "another" }).made;
  assert.equal(stranger.check(answer, "REGISTER", passwords).type, "stale");
});

Deno.test("an empty password of a user that there is not is wrong", () => {
  const { made } = server();
  const nobody = new DigestClient({ user: "nobody", password: "" }, () => "c");
  nobody.challenged(made.challenges());
  assert.equal(
    made.check(nobody.answer("REGISTER", "sip:pbx")!, "REGISTER", passwords).type,
    "wrong",
  );
});

Deno.test("a client must not leave out the qop that it was offered", () => {
  const { made } = server();
  const phone = client();
  phone.challenged(made.challenges().map((text) => text.replace(', qop="auth"', "")));
  assert.equal(
    made.check(phone.answer("REGISTER", "sip:pbx")!, "REGISTER", passwords).type,
    "wrong",
  );
});

Deno.test("a nonce may be used again with a higher count only, and until it is old", () => {
  const { made, time } = server();
  const phone = client();
  phone.challenged(made.challenges());
  const [first, second] = [
    phone.answer("REGISTER", "sip:pbx")!,
    phone.answer("REGISTER", "sip:pbx")!,
  ];
  const check = (text: string) => made.check(text, "REGISTER", passwords).type;
  assert.deepEqual([check(first), check(first), check(second), check(first)], [
    "good",
    "stale",
    "good",
    "stale",
  ]);
  time.now = 32e9;
  assert.equal(check(phone.answer("REGISTER", "sip:pbx")!), "stale");
});

Deno.test("counts that are forgotten do not make a nonce good again", () => {
  const { made, time } = server({ maxNonces: 2 });
  const answers = [0, 1, 2].map(() => {
    time.now += 1e6;
    const phone = client();
    phone.challenged(made.challenges());
    return phone.answer("REGISTER", "sip:pbx")!;
  });
  const types = [...answers, ...answers].map((a) => made.check(a, "REGISTER", passwords).type);
  assert.deepEqual(types, ["good", "good", "good", "stale", "stale", "stale"]);
  assert.equal(made.rememberedNonces, 2);
});

Deno.test("challenges quote qop, credentials do not", () => {
  const auth = { scheme: "Digest", fields: new Map([["qop", "auth"], ["nc", "00000001"]]) };
  assert.equal(formatAuth(auth, "challenge"), 'Digest qop="auth", nc="00000001"');
  assert.equal(formatAuth(auth, "credentials"), "Digest qop=auth, nc=00000001");
});
