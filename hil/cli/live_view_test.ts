/** A run as a browser sees it while it goes on: the run is a real one, in a process of its own. */
import assert from "node:assert/strict";
import { Browser, browserAvailable, type Tab } from "../drivers/browser/mod.ts";
import { HostClock } from "../drivers/host_clock.ts";
import { CONTRAST, faultsOf } from "../report/html/_axe.ts";
import { Timeline } from "../trace/mod.ts";
import { missing, serveLocally } from "./local_server.ts";
import { LiveReport, LiveSite } from "../report/live/mod.ts";
import { hil, TASK, type TestFolder, testFolder } from "./_testing.ts";
import { ROOT } from "./paths.ts";

const available = await browserAvailable();
if (!available.ok) console.log(`skipped: ${available.reason}; ${available.remedy}`);

/** Each step ends when there is a file of its name: the test is the clock. */
const SCENARIOS = `import { scenario, step } from "hil";
async function there(name: string) {
  while (true) {
    try {
      return await Deno.stat(new URL(name, import.meta.url));
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}
scenario("first", { uses: {} }, async () => {
  await step("get ready", async () => {});
  console.log("hello from the first");
  await step("wait for go", () => there("go"));
  console.log("gone");
});
scenario("second", { uses: {} }, async () => {
  await step("fail", async () => {
    await there("go-on");
    throw new Error("this is to fail");
  });
});
`;

const BENCH =
  "bench: desk\nroles:\n  none:\n    default: x\n    targets:\n      x: { module: ./x.ts }\n";

class Run {
  #said = "";
  readonly #reading: Promise<void>;

  constructor(private readonly folder: TestFolder, private readonly child: Deno.ChildProcess) {
    this.#reading = this.#read();
  }

  static async start(folder: TestFolder, ...args: string[]): Promise<Run> {
    await folder.write("slow.scenario.ts", SCENARIOS);
    await folder.write("desk.yaml", BENCH);
    await folder.write("x.ts", "");
    const line = ["--bench", "desk.yaml", "--reports", "r", "--jobs", "1", ...args];
    const child = new Deno.Command(Deno.execPath(), {
      args: [...TASK, ...line, "slow.scenario.ts"],
      cwd: ROOT,
      env: { INIT_CWD: folder.path, NO_COLOR: "1", GITHUB_ACTIONS: "" },
      ...{ stdin: "null", stdout: "null", stderr: "piped" },
    }).spawn();
    return new Run(folder, child);
  }

  /** What matches, as soon as it is said on standard error. */
  async says(pattern: RegExp): Promise<string> {
    while (!pattern.test(this.#said)) await this.#more();
    return this.#said.match(pattern)![0];
  }

  let(name: string): Promise<void> {
    return this.folder.write(name, "");
  }

  kill(signal: Deno.Signal): void {
    this.child.kill(signal);
  }

  async ended(): Promise<number> {
    await this.#reading;
    return (await this.child.status).code;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.child.kill("SIGKILL");
    } catch {
      // It has ended.
    }
    await this.child.status;
  }

  #wake = Promise.withResolvers<void>();
  async #more(): Promise<void> {
    await Promise.race([
      this.#wake.promise,
      this.#reading.then(() => {
        throw new Error(`it ended and said only: ${this.#said}`);
      }),
    ]);
  }

  async #read(): Promise<void> {
    for await (const text of this.child.stderr.pipeThrough(new TextDecoderStream())) {
      this.#said += text;
      this.#wake.resolve();
      this.#wake = Promise.withResolvers();
    }
  }
}

async function openTab(folder: TestFolder): Promise<{ browser: Browser; tab: Tab }> {
  const timeline = new Timeline({ write: () => {} });
  const clock = timeline.clock = new HostClock(timeline);
  const { path } = folder;
  const browser = await Browser.open({ timeline, clock, tempDir: path, attachmentsDir: path });
  return { browser, tab: await browser.tab("live") };
}

Deno.test({ name: "a run is seen while it goes on", ignore: !available.ok }, async (t) => {
  await using folder = await testFolder();
  await using run = await Run.start(folder, "--ui", "--ui-stay");
  const url = await run.says(/http:\S+\//);
  const { browser, tab } = await openTab(folder);
  await using _ = browser;
  const { page } = tab;
  const errors: string[] = [];
  page.on("pageerror", (error) => void errors.push(error.message));
  const list = page.getByRole("listbox", { name: "Scenarios" });
  const row = (name: RegExp) => list.getByRole("option", { name }).waitFor();
  const event = (hasText: string) => page.locator(".event", { hasText });

  await t.step("what runs, its step, and what waits", async () => {
    await page.goto(url);
    await row(/running first.*wait for go/);
    await row(/waiting second/);
    await page.locator(".now").getByText("wait for go").waitFor();
    await page.getByText("0 of 2 done").waitFor();
    assert.deepEqual(await faultsOf(tab), []);
  });

  await t.step("the events of what runs, as they come, around who reads them", async () => {
    await page.keyboard.press("j");
    await page.getByRole("heading", { name: "first" }).waitFor();
    await page.locator("h1 .badge.running").waitFor();
    await event("hello from the first").click();
    await page.keyboard.press("f");
    await page.keyboard.type("first");
    assert.deepEqual(await faultsOf(tab), []);
    await page.keyboard.press("Tab");
    await page.keyboard.press("t");
    assert.equal(await page.locator("html").getAttribute("data-theme"), "dark");
    assert.deepEqual(await faultsOf(tab, CONTRAST), []);
    await page.keyboard.press("f");
    await run.let("go");
    await page.locator("h1 .badge.passed").waitFor();
    // The field has its text and the focus, the event is chosen still; what it does not match is hidden.
    const field = page.getByLabel("Find in events");
    assert.equal(await field.inputValue(), "first");
    assert.equal(await field.evaluate((element) => element === document.activeElement), true);
    assert.equal(await event("hello from the first").getAttribute("aria-selected"), "true");
    assert.equal(await event("gone").count(), 0);
    await page.keyboard.press("ControlOrMeta+a");
    await page.keyboard.press("Delete");
    await event("gone").waitFor();
  });

  await t.step("what fails, and the end", async () => {
    await row(/running second/);
    await run.let("go-on");
    await row(/failed second.*this is to fail/);
    await page.getByText("has ended").waitFor();
  });

  await t.step("it stays until Ctrl+C, with the exit code of the run", async () => {
    await run.says(/until Ctrl\+C/);
    await page.locator("h1").click();
    await page.keyboard.press("j");
    await page.locator(".failure", { hasText: "this is to fail" }).waitFor();
    assert.equal((await statusOf(new URL("/live/events", url)))[0], 403);
    run.kill("SIGINT");
    assert.equal(await run.ended(), 1);
    assert.deepEqual(errors, []);
  });

  await t.step("a page that lost hil says so, and is told all when it is back", async () => {
    const { live, scenarios, serve } = playedRun(folder.path);
    const first = serve();
    const { page } = await browser.tab("lost");
    await page.goto(first.url);
    await page.getByText("0 of 2 done").waitFor();
    await first.close();
    await page.getByText("no connection to hil").waitFor();
    live.onStart(scenarios[1]!, 1, "r/runs/r1/two/trace.jsonl");
    const again = serve(Number(new URL(first.url).port));
    await page.getByText("0 of 2 done").waitFor();
    await page.getByRole("option", { name: /running two/ }).waitFor();
    await again.close();
  });

  await t.step("the report is what it is without", async () => {
    const report = await folder.read("r/index.html");
    assert.doesNotMatch(report, /connect-src|"live":/);
    assert.equal([...report.matchAll(/<script type="text\/plain" id="d\d">/g)].length, 2);
  });
});

/** A run that the test plays itself, and a server of it that can go and come again. */
function playedRun(root: string) {
  const run = { host: "h", startedAt: "", argv: [], bench: "desk", seed: 7 };
  const live = new LiveReport({ root, path: `${root}/r/index.html`, run });
  const scenarios = ["one", "two"].map((name) => ({
    ...{ id: name, name, file: "a.scenario.ts", line: 1, targets: {} },
  }));
  live.onBegin({ id: "r1", bench: "desk", seed: 7, jobs: 1, scenarios });
  const serve = (port?: number) => {
    const site = new LiveSite(live);
    const answer = async (name: string, query: URLSearchParams) =>
      await site.answer(name, query) ?? missing();
    const server = serveLocally({ port, token: "t0", answer });
    const close = async () => {
      site[Symbol.dispose]();
      await server.shutdown();
    };
    return { url: server.url, close };
  };
  return { live, scenarios, serve };
}

async function statusOf(url: URL): Promise<[number, string]> {
  const response = await fetch(url);
  return [response.status, await response.text()];
}

Deno.test("without a terminal it ends with the run; a port that is taken is told before", async () => {
  await using folder = await testFolder();
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  await using run = await Run.start(folder, "--ui");
  const url = await run.says(/http:\S+\//);
  await run.let("go");
  await run.let("go-on");
  assert.equal(await run.ended(), 1);
  await assert.rejects(fetch(url), TypeError);
  const port = String((taken.addr as Deno.NetAddr).port);
  const { code, stderr } = await hil(folder, ["--bench", "desk.yaml", "--ui-port", port, "."]);
  assert.equal(code, 2);
  assert.match(stderr, /Cannot serve the live view at port "\d+": it is in use; choose another/);
});

Deno.test("a run that is interrupted has an end, and so has its view", async () => {
  await using folder = await testFolder();
  await using run = await Run.start(folder, "--ui-stay");
  const url = await run.says(/http:\S+\//);
  const { body } = await fetch(new URL("live/events", url));
  let told = "", interrupted = false;
  for await (const text of body!.pipeThrough(new TextDecoderStream())) {
    told += text;
    if (!interrupted && told.includes('"outcome":"running"')) run.kill("SIGINT");
    interrupted ||= told.includes('"outcome":"running"');
    if (/"state":"ended"/.test(text)) break;
  }
  assert.equal(await run.ended(), 130);
});
