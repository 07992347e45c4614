import assert from "node:assert/strict";
import { apacheConf, type ApacheOptions } from "./apache.ts";

const OPTIONS: ApacheOptions = {
  name: "pbx.example",
  port: 443,
  path: "/pbxws",
  httpPort: 8088,
  certificate: "/c.pem",
  key: "/k.pem",
  page: "/srv/webphone",
  headers: { "Content-Security-Policy": "default-src 'none'" },
  timeoutS: 3600,
};

Deno.test("Apache passes the WebSocket to Asterisk's HTTP server, and serves one folder by TLS", () => {
  const lines = apacheConf(OPTIONS).split("\n");
  for (
    const line of [
      'ProxyPass "/pbxws" "ws://127.0.0.1:8088/ws" timeout=3600',
      "Listen [::]:443 https",
      "SSLEngine on",
      "AddOutputFilterByType DEFLATE text/html text/css text/javascript",
      "SSLCertificateFile /c.pem",
      "DocumentRoot /srv/webphone",
      "  Require all denied",
      "  Header always set Content-Security-Policy \"default-src 'none'\"",
    ]
  ) assert.ok(lines.includes(line), line);
});

Deno.test("what cannot be said in Apache's file is refused with the reason", () => {
  assert.throws(() => apacheConf({ ...OPTIONS, timeoutS: 0 }), {
    name: "RangeError",
    message: 'Cannot configure a proxy with a limit of "0" s: that is no whole number from 1 on; ' +
      "choose one",
  });
  assert.throws(() => apacheConf({ ...OPTIONS, path: '/ws"\nInclude /etc/passwd' }), {
    name: "TypeError",
    message: /Cannot configure Apache with "\/ws".*: it has control characters; choose another/,
  });
});
