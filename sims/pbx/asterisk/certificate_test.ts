import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { makeCertificate } from "./certificate.ts";

Deno.test("a certificate is for the names that were given, and TLS by its authority works", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const made = await makeCertificate(folder, ["127.0.0.1", "2001:db8::1", "pbx.example"]);
    const { subjectAltName, issuer } = new X509Certificate(made.certificate);
    assert.match(subjectAltName!, /IP Address:127.0.0.1, .*DNS:pbx.example/);
    assert.equal(issuer, "CN=test authority of a PBX");
    const { certificate: cert, key, authority } = made;
    const listener = Deno.listenTls({ hostname: "127.0.0.1", port: 0, cert, key });
    const { port } = listener.addr as Deno.NetAddr;
    const accepted = listener.accept();
    const conn = await Deno.connectTls({ hostname: "127.0.0.1", port, caCerts: [authority] });
    const peer = await accepted;
    await Promise.all([conn.handshake(), (peer as Deno.TlsConn).handshake()]);
    for (const open of [conn, peer, listener]) open.close();
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
