import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { formatPcapng, type Json, packetsOf, readTrace } from "../../trace/mod.ts";
import { Random } from "../../time/mod.ts";
import { diffTraces } from "../diff/diff.ts";
import { inFolder, rx, type Timed, tx, writeTrace } from "../_samples.ts";
import { fromLatin1, latin1, Redactor } from "./redactor.ts";
import { redactTrace } from "./redact.ts";

const PASSWORD = "hunter2-Längst&geheim", TOKEN = "tok_4f9a8b7c6d5e";
const utf8 = (text: string) => fromLatin1(new TextEncoder().encode(text));
const base64 = (text: string) => btoa(utf8(text));

/** A UDP packet over Ethernet and IPv4, with its checksums. */
function udp(payload: string): Uint8Array {
  const data = latin1(utf8(payload));
  const frame = new Uint8Array(42 + data.length);
  const view = new DataView(frame.buffer);
  frame.set([0, 0x1b, 0x21, 0x3c, 0x9d, 0xf8, 0, 0x1b, 0x21, 0xaa, 0xbb, 0xcc, 8, 0, 0x45]);
  view.setUint16(16, 28 + data.length);
  frame.set([64, 17, 0, 0, 10, 20, 30, 40, 10, 20, 30, 41, 0x13, 0xc4, 0x13, 0xc4], 22);
  view.setUint16(38, 8 + data.length);
  frame.set(data, 42);
  view.setUint16(24, ~sum(frame, 14, 34) & 0xffff);
  view.setUint16(40, ~(sum(frame, 26, frame.length) + 17 + 8 + data.length) & 0xffff);
  view.setUint16(40, ~fold(sum(frame, 26, 40) + sum(frame, 42, frame.length) + 25 + data.length));
  return frame;
}

function fold(sum: number): number {
  return sum > 0xffff ? fold((sum & 0xffff) + (sum >>> 16)) : sum;
}

function sum(bytes: Uint8Array, from: number, to: number): number {
  let total = 0;
  for (let at = from; at < to; at += 2) {
    total += (bytes[at]! << 8) + (at + 1 < to ? bytes[at + 1]! : 0);
  }
  return fold(total);
}

const frame = udp(`REGISTER sip:pbx\r\nAuthorization: Bearer ${TOKEN}\r\nFrom: 10.20.30.40\r\n`);

const BODIES: readonly Timed[] = [
  rx("router login: admin\r\nPassword: "),
  ...[...PASSWORD].map((key) => tx(key)),
  tx("\r"),
  rx("\r\nlast login from 10.20.30.40 port 51234\r\n"),
  // The secret in pieces, in base64, hex and a URL, and one that is cut by another channel.
  rx("echo hunt"),
  rx("GPS fix\n", "gps"),
  rx(`er2-L`),
  rx(`ängst&geheim\r\n`),
  rx(`Authorization: Basic ${base64(`admin:${PASSWORD}`)}\r\n`),
  rx(`X-Blob: ${base64(`{"user":"admin","old":"${PASSWORD}"}`)}\r\n`),
  // Out of a longer one, so that it cannot be decoded as it stands.
  rx(`part ${base64(`xx${PASSWORD}${PASSWORD}yy`).slice(1, -1)}\r\n`),
  // What only a field, or only a file, says is secret.
  { type: "signal", channel: "wifi", kind: "join", data: { wifiPassword: "correct-horse" } },
  rx("joined with correct-horse, then with K3y-of-the-file\r\n"),
  rx(`hex ${latin1(utf8(PASSWORD)).toHex()} url ?p=${encodeURIComponent(PASSWORD)}\r\n`),
  { type: "signal", channel: "http", kind: "request", data: { token: TOKEN, pin: 1, path: "/x" } },
  { type: "signal", channel: "lan", kind: "packet", data: { frame: frame.toBase64() } },
  {
    type: "signal",
    channel: "sip",
    kind: "REGISTER",
    data: {
      peer: "10.20.30.40:5060",
      "10.20.30.41": "2a02:8108:99::1f",
      nonce: "a1b2c3d4e5f60718",
    },
  },
  rx(
    'Digest username="1001", nonce="a1b2c3d4e5f60718", response="6629fae49393a05397450978507c4ef1"\n',
  ),
  { type: "attachment", path: "lan.pcapng", title: "packets" },
  { type: "attachment", path: "log.txt", title: "log" },
  { type: "attachment", path: "screen.png", title: "screen" },
  {
    type: "end",
    outcome: "failed",
    error: { name: "E", message: `token=${TOKEN} refused by 10.20.30.41`, blame: "product" },
  },
];
const HEADER = { environment: { host: "alices-laptop", root: "/home/alice/lab" } };

async function lab(folder: string, name = "led", bodies = BODIES) {
  const from = writeTrace(`${folder}/${name}/trace.jsonl`, bodies, HEADER);
  const trace = await readTrace(from);
  const packets = formatPcapng(packetsOf(await Array.fromAsync(trace)), { comment: TOKEN });
  await Deno.writeFile(`${folder}/${name}/lan.pcapng`, packets);
  await Deno.writeTextFile(
    `${folder}/${name}/log.txt`,
    `sent ${TOKEN} to 10.20.30.41\napi_key=K3y-of-the-file\n`,
  );
  await Deno.writeFile(`${folder}/${name}/screen.png`, Uint8Array.fromHex("89504e470d0a1a0a"));
  return from;
}

/** All that a folder's files have, and all that their base64 has. */
async function everything(folder: string): Promise<string> {
  let all = "";
  for await (const { name } of Deno.readDir(folder)) {
    all += fromLatin1(await Deno.readFile(`${folder}/${name}`));
  }
  for (let depth = 0; depth < 2; depth++) {
    for (const [run] of all.matchAll(/[A-Za-z0-9+/]{8,}={0,2}/g)) {
      try {
        all += `\n${atob(run)}`;
      } catch { /* None. */ }
    }
  }
  return all;
}

/** Without the word that it is a copy. */
function unmarked(trace: string): string {
  return trace.replace(/,"redacted":\d+/, "");
}

Deno.test("of a redacted trace nothing has a secret, in no encoding, and all lengths are as before", () =>
  inFolder(async (folder) => {
    const from = await lab(folder), to = `${folder}/out/trace.jsonl`;
    const original = await Deno.readTextFile(from);
    const done = await redactTrace(from, to);
    equal(await Deno.readTextFile(from), original);
    const before = await everything(`${folder}/led`), after = await everything(`${folder}/out`);
    const hex = latin1(utf8(PASSWORD)).toHex();
    const bytes = fromLatin1(Uint8Array.of(10, 20, 30, 40));
    const secrets = [utf8(PASSWORD), TOKEN, hex, "10.20.30.4", "2a02:8108", "alice", bytes];
    secrets.push(
      fromLatin1(Uint8Array.of(0x1b, 0x21, 0x3c)),
      "6629fae4",
      "a1b2c3d4",
      "correct-horse",
      "K3y-of-the-file",
      base64(`xx${PASSWORD}`).slice(4, 24),
    );
    for (const secret of secrets) {
      ok(before.includes(secret), `before: ${secret}`);
      ok(!after.includes(secret), `after: ${secret}`);
    }
    const typed = (await Array.fromAsync(await readTrace(to)))
      .flatMap((event) => event.type === "bytes" && event.dir === "tx" ? event.text ?? "" : []);
    ok(!typed.join("").includes(PASSWORD));
    equal(unmarked(await Deno.readTextFile(to)).length, original.length);
    deepEqual(done.attachments, [
      { path: "lan.pcapng", treatment: "as a capture" },
      { path: "log.txt", treatment: "as text" },
      { path: "screen.png", treatment: "left out" },
    ]);
    for (const rule of ["passwords", "tokens", "digest", "hosts", "addresses"]) {
      ok(done.counts.get(rule)! > 0, rule);
    }
  }));

Deno.test("secrets in calls, in what they gave and in properties are gone, and the shape stays", () =>
  inFolder(async (folder) => {
    const secret = "correct-horse", bytes = { $: "bytes", base64: base64(`key=${secret};`) };
    const bodies: Timed[] = [
      { type: "get", on: "pbx", name: "password", value: "battery-staple" },
      { type: "call", id: 1, on: "site", method: "phone", args: ["1001", { password: secret }] },
      { type: "return", id: 1, value: { $: "object", is: "#1" } },
      { type: "call", id: 2, on: "#1", method: "token=", args: ["s3same-open"] },
      { type: "call", id: 3, on: "#1", method: "send", args: [bytes, 5] },
      {
        type: "return",
        id: 3,
        error: { name: "Refused", message: `not ${secret}`, fields: { peer: "10.20.30.40" } },
      },
      {
        type: "call",
        id: 4,
        on: "#1",
        method: "set",
        args: [{ $: "map", entries: [["secret", "swordfish-9"], [1, 2]] }],
      },
    ];
    const uses = { pbx: { role: "pbx", requires: [], options: { psk: "Tr0ub4dor" } } };
    const from = writeTrace(`${folder}/in/trace.jsonl`, bodies, { uses });
    const to = `${folder}/out/trace.jsonl`;
    await redactTrace(from, to);
    const text = await everything(`${folder}/out`);
    const secrets = [secret, "battery-staple", "s3same-open", "swordfish-9", "Tr0ub4dor"];
    for (const each of [...secrets, "10.20.30.40"]) ok(!text.includes(each), each);
    const shape = async (path: string) =>
      unmarked(await Deno.readTextFile(path)).replace(/[a-z0-9+]/gi, "x");
    equal(await shape(to), await shape(from));
  }));

Deno.test("a scenario and its targets are found again, whatever words they are named by", () =>
  inFolder(async (folder) => {
    const named = {
      scenario: "REGISTER with a wrong password: eleven ban",
      file: "scenarios/secret=all/verdicts.scenario.ts",
      uses: { secret: { role: "token: pbx", requires: ["psk=x"], options: { psk: "Tr0ub4dor" } } },
    };
    const from = writeTrace(`${folder}/in/trace.jsonl`, [rx(`${TOKEN} token=${TOKEN}\n`)], named);
    await redactTrace(from, `${folder}/out/trace.jsonl`);
    const { header } = await readTrace(`${folder}/out/trace.jsonl`);
    const { scenario, file, uses } = header;
    const { secret: { role, requires, options } } = uses as typeof named.uses;
    deepEqual({ scenario, file }, { scenario: named.scenario, file: named.file });
    deepEqual([role, requires], ["token: pbx", ["psk=x"]]);
    ok(options.psk !== "Tr0ub4dor" && options.psk.length === 9);
  }));

Deno.test("a scenario keeps its name, though a password is a word of it: a replay finds it by that", () =>
  inFolder(async (folder) => {
    const bodies: Timed[] = [
      { type: "call", id: 1, on: "site", method: "phone", args: [{ password: "guess" }] },
    ];
    const scenario = "who guesses is banned";
    const from = writeTrace(`${folder}/in/trace.jsonl`, bodies, { scenario });
    await redactTrace(from, `${folder}/out/trace.jsonl`);
    const copy = await readTrace(`${folder}/out/trace.jsonl`);
    equal(copy.header.scenario, scenario);
    const [call] = await Array.fromAsync(copy);
    ok(!JSON.stringify(call).includes("guess"));
  }));

Deno.test("a packet keeps its checksums, and its addresses are those of the texts", () =>
  inFolder(async (folder) => {
    const to = `${folder}/out/trace.jsonl`;
    await redactTrace(await lab(folder), to);
    const events = await Array.fromAsync(await readTrace(to));
    const [packet] = [...packetsOf(events)];
    const { bytes } = packet!;
    equal(sum(bytes, 14, 34), 0xffff);
    equal(fold(sum(bytes, 26, bytes.length) + 17 + bytes.length - 34), 0xffff);
    const address = bytes.subarray(26, 30).join(".");
    match(fromLatin1(bytes), new RegExp(`From: ${address.replaceAll(".", "\\.")}`));
    // One network still.
    equal(bytes.subarray(26, 29).join(), bytes.subarray(30, 33).join());
    const sip = events.find((event) => event.type === "signal" && event.channel === "sip");
    equal((sip as unknown as { data: { peer: string } }).data.peer, `${address}:5060`);
    const capture = fromLatin1(await Deno.readFile(`${folder}/out/lan.pcapng`));
    ok(capture.includes(fromLatin1(bytes)));
  }));

Deno.test("redacting is the same each time, and a redacted trace is equal but for noise", () =>
  inFolder(async (folder) => {
    const from = await lab(folder);
    const [one, two] = [`${folder}/1/trace.jsonl`, `${folder}/2/trace.jsonl`];
    await redactTrace(from, one);
    await redactTrace(from, two);
    equal(await Deno.readTextFile(one), await Deno.readTextFile(two));
    ok((await diffTraces(one, two)).same);
    // What differed by noise before differs by noise only afterwards.
    const other = BODIES.map((body) =>
      body.type === "bytes" && body.text
        ? { ...body, text: body.text.replace("port 51234", "port 43210") }
        : body
    );
    const run = await lab(folder, "other", other);
    await redactTrace(run, `${folder}/3/trace.jsonl`);
    ok((await diffTraces(from, run)).same);
    ok((await diffTraces(one, `${folder}/3/trace.jsonl`)).same);
    // Redacted once more, it stays readable, with its events.
    await redactTrace(one, `${folder}/4/trace.jsonl`);
    deepEqual((await readTrace(`${folder}/4/trace.jsonl`)).problems, []);
  }));

Deno.test("a redacted trace is equal to the original when secrets do not count", () =>
  inFolder(async (folder) => {
    const [from, to] = [`${folder}/a/trace.jsonl`, `${folder}/b/trace.jsonl`];
    writeTrace(from, [
      rx(`login from 10.20.30.40 with password=${TOKEN}\n`),
      rx('Digest nonce="a1b2c3d4e5f6", response="6629fae49393a05397450978507c4ef1"\n'),
      { type: "signal", channel: "http", kind: "get", data: { url: `/?token=${TOKEN}&x=1` } },
    ]);
    await redactTrace(from, to);
    equal((await diffTraces(from, to)).same, false);
    ok((await diffTraces(from, to, { ignore: ["secrets"] })).same);
  }));

Deno.test("own rules find what only a project knows", () =>
  inFolder(async (folder) => {
    const from = writeTrace(`${folder}/a/trace.jsonl`, [
      rx("serial SN-12345678\n"),
      rx("again SN-12345678\n"),
    ]);
    const rules = [{ name: "serial number", help: "", match: /SN-\d{8}/g }];
    const done = await redactTrace(from, `${folder}/b/trace.jsonl`, { rules });
    equal(done.counts.get("serial number"), 2);
    const text = await Deno.readTextFile(`${folder}/b/trace.jsonl`);
    ok(!text.includes("SN-12345678"));
    match(text, /serial [A-Z]{2}-\d{8}\\n.*again/s);
  }));

Deno.test("the copy is never beside the original, and never over a file", () =>
  inFolder(async (folder) => {
    const from = await lab(folder);
    await rejects(redactTrace(from, `${folder}/led/copy.jsonl`), /the copy would be beside it/);
    await rejects(redactTrace(from, from), /the copy would be beside it/);
    await redactTrace(from, `${folder}/out/trace.jsonl`);
    await rejects(redactTrace(from, `${folder}/out/trace.jsonl`), /already; give another --out/);
    await rejects(Deno.stat(`${folder}/out/screen.png`));
    await redactTrace(from, `${folder}/kept/trace.jsonl`, { keepClosed: true });
    equal((await Deno.stat(`${folder}/kept/screen.png`)).size, 8);
  }));

Deno.test("a secret on a line that never ends is found, however many events come between", () =>
  inFolder(async (folder) => {
    const pin = (i: number): Timed => ({
      type: "signal",
      channel: "pin",
      kind: i % 2 ? "rise" : "fall",
    });
    const many = Array.from({ length: 20_100 }, (_, i) => pin(i));
    const from = writeTrace(`${folder}/a/trace.jsonl`, [
      rx(`password=${TOKEN}\n`),
      rx(`> ${TOKEN.slice(0, 9)}`),
      ...many,
      rx(TOKEN.slice(9)),
    ]);
    await redactTrace(from, `${folder}/b/trace.jsonl`);
    const said = (await Array.fromAsync(await readTrace(`${folder}/b/trace.jsonl`)))
      .map((event) => event.type === "bytes" ? event.text : "").join("");
    ok(!said.includes(TOKEN.slice(4, 9)), said);
    ok(!said.includes(TOKEN.slice(9)), said);
  }));

Deno.test("damage is told, and what is intact is copied", () =>
  inFolder(async (folder) => {
    const from = await lab(folder);
    const text = await Deno.readTextFile(from);
    await Deno.writeTextFile(from, text.slice(0, text.indexOf('"type":"end"')));
    const done = await redactTrace(from, `${folder}/b/trace.jsonl`);
    equal(done.problems.length, 1);
    match(done.problems[0]!, /is cut off$/);
  }));

Deno.test("whatever the bytes are, they keep their length, and a secret among them is gone", () => {
  for (let seed = 0; seed < 300; seed++) {
    const random = new Random(seed);
    const noise = () => Uint8Array.from({ length: random.below(40) }, () => random.below(256));
    const redactor = new Redactor();
    redactor.learn(`password="${TOKEN}"`);
    const bytes = fromLatin1(noise()) + TOKEN + fromLatin1(noise());
    const out = redactor.bytes(bytes);
    equal(out.length, bytes.length, `seed ${seed}`);
    ok(!out.includes(TOKEN), `seed ${seed}`);
    const data = { a: [bytes, 5, null], token: TOKEN } as Json;
    ok(!JSON.stringify(redactor.data(data)).includes(TOKEN));
  }
});

Deno.test("who is interrupted, whenever it is, leaves nothing of a copy", () =>
  inFolder(async (folder) => {
    const from = await lab(folder), to = `${folder}/out/trace.jsonl`;
    await Deno.mkdir(`${folder}/out`);
    for (let looks = 1;; looks++) {
      let left = looks;
      const throwIfAborted = () => {
        if (--left === 0) throw new Error("enough");
      };
      const done = await redactTrace(from, to, {
        keepClosed: true,
        signal: { throwIfAborted } as AbortSignal,
      }).catch(({ message }) => message);
      const there = [...Deno.readDirSync(`${folder}/out`)].map(({ name }) => name);
      if (done !== "enough") {
        ok(looks > 2 * BODIES.length + 5, `${looks} looks`);
        return equal(there.length, 4);
      }
      deepEqual(there, [], `after look ${looks}`);
    }
  }));
