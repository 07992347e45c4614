import assert from "node:assert/strict";
import { hil, TASK, testFolder } from "./_testing.ts";
import { ROOT } from "./paths.ts";
import { serveReport } from "./serve_report.ts";

const TRACE = [
  {
    ...{ trace: 1, scenario: "led", file: "led.scenario.ts", line: 1, seed: 7, bench: "b" },
    ...{ targets: {}, environment: {} },
  },
  { seq: 1, t: 5, type: "signal", channel: "GPIO 55", kind: "rise" },
  { seq: 2, t: 9, type: "end", outcome: "passed" },
].map((line) => JSON.stringify(line)).join("\n") + "\n";

async function withRuns() {
  const folder = await testFolder();
  for (const run of ["20260101-000000", "20260101-000000-2"]) {
    await Deno.mkdir(`${folder.path}/r/runs/${run}/led`, { recursive: true });
    await folder.write(`r/runs/${run}/led/trace.jsonl`, TRACE);
  }
  return folder;
}

Deno.test("the latest run, or the one that is named, becomes a page", async () => {
  await using folder = await withRuns();
  const latest = await hil(folder, ["report", "--reports", "r"]);
  assert.deepEqual([latest.code, latest.stderr], [0, ""]);
  assert.match(latest.stdout, /r\/index\.html\n$/);
  assert.match(await folder.read("r/index.html"), /<title>b 20260101-000000-2<\/title>/);
  const named = await hil(folder, ["report", "20260101-000000", "--reports", "r"]);
  assert.equal(named.code, 0);
  assert.match(
    await folder.read("r/runs/20260101-000000/index.html"),
    /<title>b 20260101-000000<\/title>/,
  );
});

Deno.test("a run that is not there is told, with what to do", async () => {
  await using folder = await testFolder();
  for (
    const [args, message] of [
      [[], /^hil: Cannot read the run ".*\/none\/runs": it has no runs; run something first/],
      [["x"], /^hil: Cannot read the run ".*\/none\/runs\/x": there is no such folder; /],
      [["x", "y"], /^hil: Cannot report 2 runs: give one/],
    ] as const
  ) {
    const { code, stderr } = await hil(folder, ["report", ...args, "--reports", "none"]);
    assert.equal(code, 2);
    assert.match(stderr, message);
  }
});

Deno.test("a report is served to who knows the token, and nothing but its run", async () => {
  await using folder = await withRuns();
  const reports = `${folder.path}/r`, run = `${reports}/runs/20260101-000000`;
  await folder.write("r/index.html", "<p>the report");
  await folder.write("secret", "secret");
  await folder.write("r/runs/20260101-000000/led/page.html", "<script>alert(1)</script>");
  await Deno.symlink(`${folder.path}/secret`, `${run}/led/link.txt`);
  const server = serveReport({ reports, folder: run, path: `${reports}/index.html`, token: "t0" });
  try {
    assert.match(server.url, /^http:\/\/127\.0\.0\.1:\d+\/t0\/index\.html$/);
    const get = async (path: string, headers = {}) => {
      const response = await fetch(new URL(path, server.url), { headers });
      return [response.status, response.headers.get("content-type"), await response.text()];
    };
    const html = "text/html; charset=utf-8", plain = "text/plain; charset=utf-8";
    assert.deepEqual(await get("/t0/index.html"), [200, html, "<p>the report"]);
    assert.deepEqual(await get("/t0/"), [200, html, "<p>the report"]);
    assert.deepEqual(await get("/t0/runs/20260101-000000/led/trace.jsonl"), [200, plain, TRACE]);
    const [, type] = await get("/t0/runs/20260101-000000/led/page.html");
    assert.equal(type, plain, "what a scenario left is no page");
    for (
      const path of [
        "/t0/runs/20260101-000000-2/led/trace.jsonl",
        "/t0/runs/20260101-000000/led/link.txt",
        "/t0/runs/20260101-000000/%2e%2e%2f%2e%2e%2f%2e%2e%2fsecret",
        "/t0/%00",
        "/t0/%ff",
        "/t0/runs/20260101-000000/led/none",
      ]
    ) {
      assert.equal((await get(path))[0], 404, path);
    }
    for (const path of ["/", "/index.html", "/t1/index.html", "/t/", "/t00/", "/%74%30/%ff"]) {
      assert.equal((await get(path))[0], 403, path);
    }
    const origin = { origin: "http://elsewhere.example" };
    assert.equal((await get("/t0/index.html", origin))[0], 403, "a page of elsewhere asks");
    assert.equal(await statusFor(server.url, "elsewhere.example"), 403, "a name of elsewhere");
    assert.equal(await statusFor(server.url, new URL(server.url).host), 200);
    const posted = await fetch(server.url, { method: "POST", body: "x" });
    assert.equal(posted.status, 405);
    await posted.body?.cancel();
  } finally {
    await server.shutdown();
    await server.finished;
  }
});

/** By hand: `fetch` says itself which host it asks. */
async function statusFor(url: string, host: string): Promise<number> {
  const { hostname, port, pathname } = new URL(url);
  using connection = await Deno.connect({ hostname, port: Number(port) });
  const asked = `GET ${pathname} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`;
  await connection.write(new TextEncoder().encode(asked));
  const answered = new Uint8Array(64);
  await connection.read(answered);
  return Number(new TextDecoder().decode(answered).split(" ")[1]);
}

Deno.test("the server says where it is, and ends with Ctrl+C", async () => {
  await using folder = await withRuns();
  const server = new Deno.Command(Deno.execPath(), {
    args: [...TASK, "report", "--serve", "--reports", "r"],
    cwd: ROOT,
    env: { INIT_CWD: folder.path },
    ...{ stdin: "null", stdout: "piped", stderr: "inherit" },
  }).spawn();
  let said = "";
  for await (const text of server.stdout.pipeThrough(new TextDecoderStream())) {
    said += text;
    const [url] = said.match(/http:\S+/) ?? [];
    if (!url || !said.includes("Ctrl+C")) continue;
    assert.match(new URL(url).pathname, /^\/[a-z0-9]{28,}\/index\.html$/);
    assert.match(await (await fetch(url)).text(), /<title>b 20260101/);
    server.kill("SIGINT");
  }
  assert.equal((await server.status).code, 0);
});
