import assert from "node:assert/strict";
import { every, ms, seconds, withLimit } from "../../time/mod.ts";
import { Timeline, type TraceEvent } from "../../trace/mod.ts";
import { HostClock } from "../host_clock.ts";
import { Lab, labAvailable } from "../lab/mod.ts";
import { OFFICE } from "../lab/office.ts";
import { markedProcesses } from "../marked_processes.ts";
import { AUTHORITY, serveSite } from "./_test_site.ts";
import { Browser, browserAvailable, type BrowserOptions, PageError, Tab } from "./mod.ts";

const available = await browserAvailable();
if (!available.ok) console.log(`skipped: ${available.reason}; ${available.remedy}`);
const ignore = !available.ok;
const ignoreLab = ignore || !(await labAvailable()).ok;
const soon = { within: seconds(20) };

/** A folder, a timeline, and what is recorded on it. */
class Bench implements AsyncDisposable {
  readonly #sessions: string[] = [];
  readonly tempDir = Deno.makeTempDirSync({ prefix: "hil-browser-" });
  readonly events: TraceEvent[] = [];
  readonly timeline = new Timeline({ write: (event) => void this.events.push(event) });
  readonly clock = this.timeline.clock = new HostClock(this.timeline);

  get options(): BrowserOptions {
    const { timeline, clock, tempDir } = this;
    return { timeline, clock, tempDir, attachmentsDir: tempDir, processEnv: { MARK: tempDir } };
  }

  get attachments() {
    return this.events.filter((event) => event.type === "attachment");
  }

  /** Its session, of which its helpers are too: they write over the marks in their environment. */
  watch(pid: number | undefined): void {
    const session = ps("-o", "sid=", "-p", `${pid}`).trim();
    assert.match(session, /^\d+$/);
    this.#sessions.push(session);
  }

  /** Nothing of browsers is left. */
  empty(): void {
    assert.deepEqual(this.#processes, []);
    const files = [...Deno.readDirSync(this.tempDir)].filter(({ isDirectory }) => isDirectory);
    assert.deepEqual(files, []);
  }

  /** Those that were killed, with their run, end in their time. */
  async noProcesses(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const stop = every(ms(20), () => this.#processes.length === 0 && resolve());
    try {
      if (this.#processes.length === 0) return;
      await withLimit(promise, soon.within, () => assert.fail(`there are ${this.#processes}`));
    } finally {
      stop();
    }
  }

  get #processes(): unknown[] {
    const lines = ps("-e", "-o", "sid=,stat=,args=").split("\n").map((line) => line.trim());
    return [
      ...lines.filter((line) => {
        const [sid, stat] = line.split(/ +/);
        return this.#sessions.includes(sid!) && !stat!.startsWith("Z");
      }),
      ...markedProcesses(`MARK=${this.tempDir}`, { whole: true }),
    ];
  }

  async [Symbol.asyncDispose]() {
    await Deno.remove(this.tempDir, { recursive: true });
  }
}

function ps(...args: string[]): string {
  return new TextDecoder().decode(new Deno.Command("ps", { args }).outputSync().stdout);
}

async function openPage(browser: Browser, name: string, port: number): Promise<Tab> {
  const tab = await browser.tab(name);
  await tab.open(`https://pbx.example:${port}/`);
  return tab;
}

function failureOf(bench: Bench): Promise<Error> {
  const { promise, resolve } = Promise.withResolvers<Error>();
  bench.timeline.onFailure(resolve);
  return withLimit(promise, seconds(20), () => assert.fail("nobody tells of it"));
}

const HOSTS = { "pbx.example": "127.0.0.1" };

Deno.test(
  { name: "a browser on loopback", ignore },
  async (t) => {
    await using bench = new Bench();
    await using site = serveSite({ hostname: "127.0.0.1", port: 0 });
    const { port } = site.addr;
    const options = {
      ...bench.options,
      trust: AUTHORITY,
      hosts: HOSTS,
      microphone: { frequencyHz: 440 },
    };
    await using browser = await Browser.open(options);
    bench.watch(browser.pid);

    await t.step("what a page says, asks for and sends is in the trace", async () => {
      const alice = await openPage(browser, "alice", port);
      await alice.page.getByRole("button", { name: "Talk" }).click();
      const said = await bench.clock.until(() => alice.console.occurrences[0], soon.within);
      assert.equal(said?.data.text, "they say hello too");
      assert.match(said.data.at, /^https:\/\/pbx\.example:\d+\/:\d+$/);
      await bench.clock.until(() => alice.sockets.occurrences[2], soon.within);
      assert.deepEqual(alice.sockets.occurrences.map(({ kind, data }) => [kind, data.text]), [
        ["connect", undefined],
        ["sent", "hello"],
        ["received", "hello too"],
      ]);
      assert.deepEqual(alice.network.occurrences.map(({ what }) => what), [
        `alice: request GET https://pbx.example:${port}/`,
        `alice: response GET https://pbx.example:${port}/ 200`,
      ]);
      await alice.page.evaluate("setTimeout(() => { throw new Error('broken') })");
      const last = () => alice.console.occurrences.find(({ kind }) => kind === "uncaught");
      assert.equal((await bench.clock.until(last, soon.within))?.data.text, "broken");
      await alice.close();
    });

    await t.step(
      "a tone of the microphone is heard at the far end, and a call is measured",
      async () => {
        const bob = await openPage(browser, "bob", port);
        await bob.waitForData("data-call", "idle", soon);
        await bob.page.getByRole("button", { name: "Call" }).click();
        await bob.waitForData("data-call", "up", { ...soon, on: "#phone" });
        const stop = bob.sampleStats({ every: ms(50) });
        const heard = await bob.hearTone(440, soon);
        assert.ok(
          Math.abs(heard.frequencyHz - 440) < 5 && heard.levelDbfs > -40,
          JSON.stringify(heard),
        );
        const received = () =>
          bob.stats.occurrences.find(({ data }) => data.peer === 2 && data.received.packets > 10);
        const { data } = await bench.clock.until(received, soon.within) ??
          assert.fail("no packets");
        stop();
        assert.deepEqual([data.connection, data.dtls, data.received.lost], [
          "connected",
          "connected",
          0,
        ]);
        assert.deepEqual(
          bob.states.occurrences.map(({ kind, data }) => [kind, data.on, data.value]),
          [
            ["data-call", "#phone", "idle"],
            ["data-call", "#phone", "calling"],
            ["data-call", "#phone", "up"],
          ],
        );
        await assert.rejects(bob.hearTone(1000, { within: ms(300) }), {
          name: "PageError",
          message: /^Cannot hear 1000 Hz at "bob" within 300 ms: ./,
        });
        await bob.close();
      },
    );

    await t.step("what is not seen in time is told with what is there instead", async () => {
      const carol = await browser.tab("carol", { permissions: [] });
      await carol.open(`https://pbx.example:${port}/`);
      await carol.page.getByRole("button", { name: "Call" }).click();
      await carol.waitForData("data-call", "failed", soon);
      await assert.rejects(carol.waitForData("data-call", "up", { within: ms(1) }), {
        name: "PageError",
        message: 'Cannot see data-call="up" on the page of "carol" within 1 ms: it is "failed"\n' +
          "alert: NotAllowedError",
      });
      await carol.reload();
      await carol.waitForData("data-call", "idle", soon);
      await assert.rejects(carol.listen("video"), {
        message: 'Cannot listen to "video" of "carol": the page has no such element',
      });
      await carol.close();
    });

    await t.step("screenshots and films are attachments", async () => {
      const dave = await browser.tab("Dave, 1001", { video: true });
      await dave.open(`https://pbx.example:${port}/`);
      await dave.screenshot("nothing yet");
      await dave.screenshot("still nothing");
      await dave.close();
      assert.deepEqual(bench.attachments.map(({ path, title }) => [path, title]), [
        ["Dave-1001.png", "Dave, 1001: nothing yet"],
        ["Dave-1001-2.png", "Dave, 1001: still nothing"],
        ["Dave-1001.avi", "Dave, 1001: what it showed"],
      ]);
      const head = (file: string) =>
        new TextDecoder("latin1").decode(
          Deno.readFileSync(`${bench.tempDir}/${file}`).subarray(0, 12),
        );
      assert.equal(head("Dave-1001.png").slice(1, 4), "PNG");
      assert.match(head("Dave-1001.avi"), /^RIFF[^]{4}AVI /);
    });

    await t.step("a page that is not there is told with why", async () => {
      const cases = [
        [
          `https://localhost:${port}/`,
          "the certificate is for other names; make one for this name " +
          "(ERR_CERT_COMMON_NAME_INVALID)",
        ],
        [
          "https://other.example/",
          "the name has no address; give it one in `hosts` " +
          "(ERR_NAME_NOT_RESOLVED)",
        ],
        [`http://127.0.0.1:1/`, "(ERR_UNSAFE_PORT)"],
      ] as const;
      for (const [n, [url, why]] of cases.entries()) {
        const tab = await browser.tab(`nobody ${n}`);
        await assert.rejects(tab.open(url), (error: Error) => {
          assert.ok(
            error instanceof PageError && error.message.startsWith(`Cannot open "${url}": `),
          );
          assert.ok(error.message.endsWith(why), error.message);
          return true;
        });
        await tab.close();
      }
    });

    await t.step(
      "a page that crashes fails the scenario, and who waits for it is told",
      async () => {
        const eve = await openPage(browser, "eve", port);
        const failure = failureOf(bench);
        const waits = assert.rejects(eve.waitForData("data-call", "up", soon), /"eve": it crashed/);
        await eve.page.goto("chrome://crash").catch(() => {});
        assert.match((await failure).message, /^Cannot go on with the page of "eve": it crashed; /);
        await waits;
        await eve.close();
      },
    );

    await browser.close();
    bench.empty();
  },
);

Deno.test({ name: "a browser in a lab", ignore: ignoreLab }, async (t) => {
  await using bench = new Bench();
  await using lab = await Lab.make(OFFICE);
  const address = OFFICE.hosts.pbx.links.eth0.addresses[0].split("/")[0]!;
  await using _site = lab.host("pbx").inside(() => serveSite({ hostname: address, port: 443 }));
  await using browser = await Browser.open({
    ...bench.options,
    host: lab.host("phone"),
    trust: AUTHORITY,
    hosts: { "pbx.example": address },
  });
  bench.watch(browser.pid);
  assert.deepEqual(available, { ok: true, versions: { chromium: browser.version } });
  const alice = await browser.tab("alice", { video: true });

  await t.step(
    "it reaches what is in the lab, and has no microphone unless it is given one",
    async () => {
      await alice.open("https://pbx.example/");
      await alice.page.getByRole("button", { name: "Call" }).click();
      await alice.waitForData("data-call", "failed", soon);
      assert.equal(await alice.page.getByRole("alert").innerText(), "NotFoundError");
    },
  );

  await t.step("a browser that is killed fails the scenario, and who waits is told", async () => {
    const failure = failureOf(bench);
    const message = /^Cannot go on with chromium: it was killed by signal 11; it said:\nSegm/;
    const waits = assert.rejects(alice.waitForData("data-call", "up", soon), { message });
    Deno.kill(browser.pid!, "SIGSEGV");
    await waits;
    assert.match((await failure).message, message);
    assert.equal(browser.pid, undefined);
  });

  await browser.close();
  assert.deepEqual(bench.attachments.map(({ path }) => path), ["alice.avi"]);
  bench.empty();
});

Deno.test({
  name: "a run that is killed leaves no browser; an unknown authority is not trusted",
  ignore,
  async fn() {
    await using bench = new Bench();
    await using site = serveSite({ hostname: "127.0.0.1", port: 0 });
    const module = new URL("./_orphan.ts", import.meta.url).pathname;
    const url = `https://pbx.example:${site.addr.port}/`;
    await using run = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-check", module, bench.tempDir, url],
      stdout: "piped",
    }).spawn();
    const reader = run.stdout.getReader();
    const told = JSON.parse(new TextDecoder().decode((await reader.read()).value));
    await reader.cancel();
    const why =
      "nobody whom the browser trusts has signed the certificate; name its authority's in " +
      "`trust` (ERR_CERT_AUTHORITY_INVALID)";
    assert.equal(told.why, `Cannot open "${url}": ${why}`);
    bench.watch(told.pid);
    run.kill("SIGKILL");
    await run.status;
    await bench.noProcesses();
  },
});

Deno.test({
  name: "a browser that does not start says why, and leaves nothing",
  ignore: ignoreLab,
  async fn() {
    await using bench = new Bench();
    await assert.rejects(Browser.open({ ...bench.options, host: { namespace: "hil-nowhere" } }), {
      name: "BrowserError",
      message:
        /^Cannot start chromium: it says:\nCannot open network namespace "hil-nowhere": No such/,
    });
    bench.empty();
  },
});

Deno.test("what cannot be is said before anything is started", async () => {
  await using bench = new Bench();
  const screens = ["DISPLAY", "WAYLAND_DISPLAY"].map((name) => [name, Deno.env.get(name)] as const);
  try {
    for (const [name] of screens) Deno.env.delete(name);
    await assert.rejects(Browser.open({ ...bench.options, headed: true }), {
      name: "BrowserError",
      message: "Cannot show the browser's windows: neither DISPLAY nor WAYLAND_DISPLAY is set; " +
        "run it on a desktop, by xvfb-run, or without `headed`",
    });
    assert.equal((await browserAvailable({ headed: true })).ok, false);
  } finally {
    for (const [name, value] of screens) if (value !== undefined) Deno.env.set(name, value);
  }
  await assert.rejects(Browser.open({ ...bench.options, trust: "/etc/ca.pem" }), {
    name: "TypeError",
    message: 'Cannot trust "/etc/ca.pem": there is no certificate in it; give PEM, not a path',
  });
  bench.empty();
});
