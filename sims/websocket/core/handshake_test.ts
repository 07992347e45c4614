import assert from "node:assert/strict";
import { checkResponse, formatRequest, type RequestOptions } from "./client_handshake.ts";
import { HandshakeError } from "./errors.ts";
import { HeadReader } from "./http_head.ts";
import { DEFAULT_LIMITS } from "./limits.ts";
import { accept, acceptKey, checkRequest, refusal } from "./server_handshake.ts";

const encode = (text: string) => Uint8Array.from(text, (char) => char.charCodeAt(0));
const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const NONCE = encode("the sample nonce");

/** The request of section 1.3, with fields replaced (text), left out (null) or added. */
function request(
  fields: Readonly<Record<string, string | null>> = {},
  line = "GET /chat HTTP/1.1",
) {
  const all = {
    Host: "server.example.com",
    Upgrade: "websocket",
    Connection: "Upgrade",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    Origin: "http://example.com",
    "Sec-WebSocket-Protocol": "chat, superchat",
    "Sec-WebSocket-Version": "13",
    ...fields,
  };
  const lines = Object.entries(all).flatMap(([name, value]) =>
    value === null ? [] : `${name}: ${value}`
  );
  return checkRequest(read([line, ...lines, "", ""].join("\r\n"))!);
}

function read(text: string, limits = {}) {
  return new HeadReader({ ...DEFAULT_LIMITS, ...limits }).push(encode(text));
}

function refused(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof HandshakeError) return `${error.status}: ${error.message}`;
    throw error;
  }
  return "granted";
}

Deno.test("the handshake of RFC 6455, section 1.3", () => {
  const asked = request();
  assert.equal(asked.resource, "/chat");
  assert.equal(asked.origin, "http://example.com");
  assert.deepEqual(asked.protocols, ["chat", "superchat"]);
  const empty = request({ "Sec-WebSocket-Protocol": ",chat,, superchat," });
  assert.deepEqual(empty.protocols, asked.protocols, "empty elements of a list are nothing");
  assert.equal(acceptKey(asked.key), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  const { response } = accept(asked, { protocol: "chat" });
  assert.deepEqual(decode(response).split("\r\n"), [
    "HTTP/1.1 101 Switching Protocols",
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
    "Sec-WebSocket-Protocol: chat",
    "",
    "",
  ]);
});

Deno.test("each thing that a request must have is checked, and the answer says it", () => {
  const key = "Sec-WebSocket-Key";
  const cases: readonly (readonly [string, Readonly<Record<string, string | null>>, string?])[] = [
    ["405: The method is not GET", {}, "POST /chat HTTP/1.1"],
    ["505: The version is not HTTP/1.1", {}, "GET /chat HTTP/1.0"],
    ["400: The request line is malformed", {}, "GET /chat"],
    ["400: The request target is no path", {}, "GET chat HTTP/1.1"],
    ["400: The request target is no path", {}, "GET /chat#part HTTP/1.1"],
    ["400: There is not one Host", { Host: null }],
    ["400: There is not one Host", { host: "other" }],
    ["400: The request has a body", { "Content-Length": "5" }],
    ["400: The request has a body", { "Transfer-Encoding": "chunked" }],
    ['426: Upgrade does not have "websocket"', { Upgrade: null }],
    ['426: Upgrade does not have "websocket"', { Upgrade: "h2c" }],
    ['400: Connection does not have "Upgrade"', { Connection: "keep-alive" }],
    ["426: Sec-WebSocket-Version is not 13", { "Sec-WebSocket-Version": null }],
    ["426: Sec-WebSocket-Version is not 13", { "Sec-WebSocket-Version": "8" }],
    ["400: Sec-WebSocket-Key is not", { [key]: null }],
    ["400: Sec-WebSocket-Key is not", { [key]: "dGhlIHNhbXBsZQ==" }],
    ["400: Sec-WebSocket-Key is not", { [key]: "dGhlIHNhbXBsZSBub25jZB==" }],
    ["400: Sec-WebSocket-Key is not", { [key.toLowerCase()]: "dGhlIHNhbXBsZSBub25jZQ==" }],
    ["400: Sec-WebSocket-Protocol names no tokens", { "Sec-WebSocket-Protocol": "a b" }],
    ["400: Sec-WebSocket-Protocol names no tokens", { "Sec-WebSocket-Protocol": "" }],
    ["400: Sec-WebSocket-Protocol names one twice", { "Sec-WebSocket-Protocol": "a, a" }],
    ["400: There is more than one Origin", { origin: "http://other" }],
    ["400: Sec-WebSocket-Extensions is malformed", { "Sec-WebSocket-Extensions": "a; b=" }],
    ["400: Sec-WebSocket-Extensions is malformed", { "Sec-WebSocket-Extensions": 'a; b="c d"' }],
    ["granted", { Upgrade: "WebSocket, h2c", Connection: "keep-alive, UPGRADE" }],
    ["granted", {}, "GET http://server.example.com/chat HTTP/1.1"],
    ["granted", { "Sec-WebSocket-Protocol": null, Origin: null }],
  ];
  for (const [wanted, fields, line] of cases) {
    const got = refused(() => request(fields, line));
    assert.ok(got.startsWith(wanted), `${wanted}: ${JSON.stringify(fields)} gives ${got}`);
  }
});

Deno.test("heads that two readers could read in two ways, or that cost too much, are refused", () => {
  const line = "GET / HTTP/1.1\r\n";
  const cases = [
    ["400: A line does not end with CR LF", "GET / HTTP/1.1\n"],
    ["400: A header field is folded", `${line}a: b\r\n c\r\n\r\n`],
    ["400: A header field has no name", `${line}a b: c\r\n\r\n`],
    ["400: A header field has no name", `${line}a : c\r\n\r\n`],
    ["400: A header field has no name", `${line}no colon\r\n\r\n`],
    ["400: A header field has control", `${line}a: b\0c\r\n\r\n`],
    ["400: A header field has control", `${line}a: b\rc\r\n\r\n`],
    ["400: The first line is empty", "\r\n\r\n"],
    ["431: The head is longer", `${line}a: ${"b".repeat(8192)}`],
    ["431: There are more than 100", `${line}${"a: b\r\n".repeat(101)}\r\n`],
  ] as const;
  for (const [wanted, text] of cases) {
    const got = refused(() => read(text));
    assert.ok(got.startsWith(wanted), `${wanted}: ${JSON.stringify(text)} gives ${got}`);
  }
  assert.equal(read(`${line}a: b`), undefined, "it is not whole");
  assert.deepEqual(decode(read(`${line}a: b\r\n\r\nrest`)!.rest), "rest");
});

Deno.test("a head is the same in any chunks", () => {
  const text = encode("GET / HTTP/1.1\r\nHost: a\r\n\r\nxyz");
  const reader = new HeadReader(DEFAULT_LIMITS);
  for (let i = 0; i < text.length - 4; i++) {
    assert.equal(reader.push(text.subarray(i, i + 1)), undefined);
  }
  const head = reader.push(text.subarray(-4))!;
  assert.deepEqual(head.fields, [["host", "a"]]);
  assert.equal(decode(head.rest), "xyz");
});

Deno.test("a refusal is HTTP that a browser shows", () => {
  const error = new HandshakeError("No", 426, "RFC 6455, section 4.4", [["Upgrade", "websocket"]]);
  assert.equal(
    decode(refusal(error)),
    "HTTP/1.1 426 Upgrade Required\r\nUpgrade: websocket\r\nConnection: close\r\n" +
      "Content-Type: text/plain; charset=utf-8\r\nContent-Length: 27\r\n\r\n" +
      "No (RFC 6455, section 4.4)\n",
  );
});

const OPTIONS: RequestOptions = {
  host: "server.example.com",
  resource: "/chat",
  protocols: ["chat"],
  deflate: {},
  nonce: NONCE,
};

/** What the client of {@link OPTIONS} says to an answer with fields replaced. */
function answered(
  fields: Readonly<Record<string, string | null>>,
  line?: string,
  deflate: RequestOptions["deflate"] = {},
): string {
  const all = {
    Upgrade: "websocket",
    Connection: "Upgrade",
    "Sec-WebSocket-Accept": "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
    ...fields,
  };
  const lines = Object.entries(all).flatMap(([name, value]) =>
    value === null ? [] : `${name}: ${value}`
  );
  const text = [line ?? "HTTP/1.1 101 Switching Protocols", ...lines, "", ""].join("\r\n");
  return refused(() => checkResponse(read(text)!, { ...OPTIONS, deflate }));
}

Deno.test("each thing that an answer must have is checked", () => {
  const extensions = "Sec-WebSocket-Extensions";
  const deflate = "permessage-deflate";
  const cases: readonly (readonly [string, Readonly<Record<string, string | null>>, string?])[] = [
    ["granted", {}],
    ["granted", { Upgrade: "WebSocket", Connection: "x, upgrade" }],
    ["granted", { "Sec-WebSocket-Protocol": "chat" }],
    ["403: The server answers 403", {}, "HTTP/1.1 403 Forbidden"],
    ["0: The status line is malformed", {}, "HTTP/2 101 x"],
    ["101: Upgrade is not", { Upgrade: null }],
    ["101: Upgrade is not", { Upgrade: "websocket, h2c" }],
    ["101: Connection does not have", { Connection: "close" }],
    ["101: Sec-WebSocket-Accept is not", { "Sec-WebSocket-Accept": null }],
    ["101: Sec-WebSocket-Accept is not", {
      "Sec-WebSocket-Accept": "S3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
    }],
    ["101: Sec-WebSocket-Accept is not", {
      "sec-websocket-accept": "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", // once more
    }],
    ["101: The server takes a sub-protocol", { "Sec-WebSocket-Protocol": "other" }],
    ["granted", { [extensions]: deflate }],
    ["granted", {
      [extensions]: `${deflate}; client_max_window_bits=10; server_max_window_bits=8`,
    }],
    ["0: The server takes extensions", { [extensions]: "x-other" }],
    ["0: The server takes extensions", { [extensions]: `${deflate}, ${deflate}` }],
    ["0: The server's parameters", { [extensions]: `${deflate}; x` }],
    ["0: The server's parameters", { [extensions]: `${deflate}; client_max_window_bits` }],
    ["0: The server's parameters", { [extensions]: `${deflate}; server_max_window_bits=16` }],
    ["0: The server's parameters", { [extensions]: `${deflate}; server_max_window_bits=08` }],
    ["0: The server's parameters", { [extensions]: `${deflate}; server_no_context_takeover=1` }],
  ];
  for (const [wanted, fields, line] of cases) {
    const got = answered(fields, line);
    assert.ok(got.startsWith(wanted), `${wanted}: ${JSON.stringify(fields)} gives ${got}`);
  }
});

Deno.test("server and client agree on the same compression, or on none", () => {
  const agreed = (offer: RequestOptions["deflate"], wishes: RequestOptions["deflate"]) => {
    const options = { ...OPTIONS, deflate: offer };
    const asked = checkRequest(read(decode(formatRequest(options)))!);
    const { response, deflate } = accept(asked, { deflate: wishes });
    assert.deepEqual(checkResponse(read(decode(response))!, options).deflate, deflate);
    return deflate;
  };
  assert.equal(agreed(undefined, {}), undefined);
  assert.equal(agreed({}, undefined), undefined);
  assert.deepEqual(agreed({}, {}), {
    ...{ serverNoContextTakeover: false, clientNoContextTakeover: false },
    ...{ serverMaxWindowBits: 15, clientMaxWindowBits: 15 },
  });
  assert.deepEqual(
    agreed({ serverMaxWindowBits: 11, serverNoContextTakeover: true }, { clientMaxWindowBits: 9 }),
    {
      ...{ serverNoContextTakeover: true, clientNoContextTakeover: false },
      ...{ serverMaxWindowBits: 11, clientMaxWindowBits: 9 },
    },
  );
});

Deno.test("an answer that does not keep to what the offer asks for is refused", () => {
  const deflate = { serverNoContextTakeover: true, serverMaxWindowBits: 11 };
  const refusal = (parameters: string) =>
    answered({ "Sec-WebSocket-Extensions": `permessage-deflate${parameters}` }, undefined, deflate);
  const [flag, bits] = ["; server_no_context_takeover", "; server_max_window_bits"];
  assert.equal(refusal(`${flag}${bits}=11`), "granted");
  assert.equal(refusal(`${flag}${bits}=9`), "granted");
  assert.match(refusal(`${bits}=11`), /^0: The server keeps its context/);
  assert.match(refusal(`${flag}${bits}=12`), /^0: The server's parameters/);
  assert.match(refusal(flag), /^0: The server's parameters/);
});

Deno.test("offers with what nobody knows are passed over for the next", () => {
  const offers = "x-a, permessage-deflate; x, permessage-deflate; server_max_window_bits=7, " +
    'permessage-deflate; server_max_window_bits="10"';
  const asked = request({ "Sec-WebSocket-Extensions": offers });
  assert.match(
    decode(accept(asked, { deflate: {} }).response),
    /\r\nSec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=10\r\n/,
  );
});

Deno.test("the window of a client that does not offer to bound it is not bounded", () => {
  const asked = request({ "Sec-WebSocket-Extensions": "permessage-deflate" });
  const { response, deflate } = accept(asked, { deflate: { clientMaxWindowBits: 9 } });
  assert.match(decode(response), /\r\nSec-WebSocket-Extensions: permessage-deflate\r\n/);
  assert.equal(deflate?.clientMaxWindowBits, 15);
});

Deno.test("a field that would end another is not written", () => {
  const fields = [["Cookie", "a\r\nHost: b"]] as const;
  assert.throws(() => formatRequest({ ...OPTIONS, fields }), {
    name: "TypeError",
    message: /^Cannot write the header field "Cookie: a/,
  });
  const name = [["Cookie: a\r\nHost", "b"]] as const;
  assert.throws(() => formatRequest({ ...OPTIONS, fields: name }), TypeError);
});
