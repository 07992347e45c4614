import assert from "node:assert/strict";
import { ms, seconds, timer, withLimit } from "hil/time/mod.ts";
import type { InForce } from "../guard/mod.ts";
import { Reports, type ReportsOptions } from "./reports.ts";

const BAN: InForce = {
  type: "ban",
  t: 1.7e18,
  host: "203.0.113.7",
  rule: "failures",
  level: 1,
  untilNs: 1.7e18 + 60e9,
  inForceNs: 1.7e18 + 4_000_000,
};

function reports(more: Partial<ReportsOptions>) {
  const problems: string[] = [];
  const lines: string[] = [];
  const made = new Reports({
    webhooks: [],
    webhookTimeoutS: 5,
    command: [],
    commandTimeoutS: 5,
    pause: ms(1),
    problem: (text) => void problems.push(text),
    write: (bytes) => Promise.resolve(void lines.push(new TextDecoder().decode(bytes))),
    ...more,
  });
  return { made, problems, lines };
}

Deno.test("the journal has one line of JSON for a ban", async () => {
  const { made, lines } = reports({});
  made.tell(BAN);
  await made.idle();
  assert.deepEqual(lines.map((line) => JSON.parse(line)), [{
    time: "2023-11-14T22:13:20.004Z",
    event: "ban",
    host: "203.0.113.7",
    rule: "failures",
    level: 1,
    until: "2023-11-14T22:14:20.000Z",
    seconds: 60,
    latencyMs: 4,
  }]);
  assert.ok(lines[0]!.endsWith("}\n"));
});

Deno.test("a webhook that fails is tried again, and given up after three tries", async () => {
  const told: string[] = [];
  let refuse = 1;
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    if (refuse-- > 0) return new Response("", { status: 503 });
    told.push((await request.json()).host);
    return new Response("");
  });
  const url = `http://127.0.0.1:${server.addr.port}/sip`;
  const { made, problems } = reports({ webhooks: [url] });
  made.tell(BAN);
  await made.idle();
  assert.deepEqual([told, problems], [["203.0.113.7"], []]);
  refuse = 3;
  made.tell(BAN);
  await made.idle();
  await server.shutdown();
  assert.equal(told.length, 1);
  assert.match(problems[0]!, /^Cannot tell ".*\/sip" of 203.0.113.7: it answers 503; look at/);
});

Deno.test("a webhook that never answers holds up nobody", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async () => {
    await promise;
    return new Response("");
  });
  const url = `http://127.0.0.1:${server.addr.port}/`;
  const { made, problems, lines } = reports({ webhooks: [url], webhookTimeoutS: 0.05 });
  for (let i = 0; i < 3; i++) made.tell(BAN);
  const written = async () => {
    while (lines.length < 3) await new Promise<void>((resolve) => void timer(ms(1), resolve));
  };
  await withLimit(written(), seconds(5), () => assert.fail("the journal waited"));
  await made.idle();
  assert.equal(problems.length, 3);
  resolve();
  await server.shutdown();
});

Deno.test("a command gets its arguments as they are: no shell reads them", async () => {
  const folder = await Deno.makeTempDir();
  const file = `${folder}/told`;
  const script = 'printf "%s|" "$@" > "$0"';
  const command = ["sh", "-c", script, file, "{host}", "$(id) {rule};", "{nothing}", "{seconds}"];
  const { made, problems } = reports({ command });
  made.tell(BAN);
  await made.idle();
  assert.equal(await Deno.readTextFile(file), "203.0.113.7|$(id) failures;||60|");
  assert.deepEqual(problems, []);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("a command that fails, hangs or is not there is said", async () => {
  for (
    const [command, what] of [
      [["false"], /its exit status is 1; try it by hand/],
      [["sleep", "60"], /it took more than 0.1 s/],
      [["/nonexistent"], /nonexistent/],
    ] as const
  ) {
    const { made, problems } = reports({ command, commandTimeoutS: 0.1 });
    made.tell(BAN);
    await made.idle();
    assert.match(problems[0]!, what);
  }
});
