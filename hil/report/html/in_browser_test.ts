/** The report as a browser shows it: opened from disk, offline, used with pointer and keys. */
import assert from "node:assert/strict";
import { Browser, browserAvailable, type Tab } from "../../drivers/browser/mod.ts";
import { HostClock } from "../../drivers/host_clock.ts";
import { Timeline } from "../../trace/mod.ts";
import { madeHistory } from "../_made_history.ts";
import { CONTRAST, faultsOf } from "./_axe.ts";
import { everything, sampleRun, writeTrace } from "./_samples.ts";
import { writeHtml } from "./write.ts";

const available = await browserAvailable();
if (!available.ok) console.log(`skipped: ${available.reason}; ${available.remedy}`);

const HOSTILE = `<\u2215script><img src=x onerror=alert(1)>&"'`;
const COUNT = 40;

async function openBrowser(tempDir: string): Promise<Browser> {
  const timeline = new Timeline({ write: () => {} });
  const clock = timeline.clock = new HostClock(timeline);
  return await Browser.open({ timeline, clock, tempDir, attachmentsDir: tempDir });
}

/** A report on disk, and how to look at it. */
class Shown {
  readonly #loads: string[] = [];
  readonly #errors: string[] = [];

  constructor(readonly tab: Tab, readonly url: string) {
    tab.page.on("request", (request) => void this.#loads.push(request.url()));
    tab.page.on("pageerror", (error) => void this.#errors.push(error.message));
    tab.page.on("console", (message) => {
      if (message.type() === "error") this.#errors.push(message.text());
    });
    tab.page.on("dialog", (dialog) => {
      this.#errors.push(`dialog ${dialog.message()}`);
      void dialog.dismiss();
    });
  }

  async open(hash = ""): Promise<void> {
    await this.tab.page.goto("about:blank");
    await this.tab.page.goto(this.url + hash);
  }

  text(selector: string): Promise<string> {
    return this.tab.page.locator(selector).first().innerText();
  }

  /** Until it reads so: what is drawn comes with the next picture. */
  async reads(selector: string, text: RegExp | string): Promise<void> {
    await this.tab.page.locator(selector, { hasText: text }).first().waitFor();
  }

  get options() {
    return this.tab.page.getByRole("listbox", { name: "Scenarios" }).getByRole("option");
  }

  get hash(): URLSearchParams {
    return new URLSearchParams(new URL(this.tab.page.url()).hash.slice(1));
  }

  faults(look = {}): Promise<string[]> {
    return faultsOf(this.tab, look);
  }

  /** Nothing went wrong, and nothing but the file was asked for. */
  clean(): void {
    assert.deepEqual(this.#errors, []);
    const elsewhere = this.#loads.filter((url) => !/^(file|data|blob|about):/.test(url));
    assert.deepEqual(elsewhere, []);
  }
}

Deno.test({ name: "the report in Chromium", ignore: !available.ok }, async (t) => {
  const root = Deno.makeTempDirSync({ prefix: "hil-html-" });
  try {
    const path = `${root}/reports/index.html`;
    await writeHtml(sampleRun(root, COUNT), { root, path });
    await writeHtml(sampleRun(`${root}/h`, 4, HOSTILE), {
      root: `${root}/h`,
      path: `${root}/h/index.html`,
    });
    await using browser = await openBrowser(root);
    const shown = new Shown(await browser.tab("report"), `file://${path}`);
    const { page } = shown.tab;

    await t.step("lists, filters and finds scenarios", async () => {
      await shown.open();
      assert.equal(await shown.text("nav output"), `${COUNT} scenarios`);
      await page.getByRole("button", { name: /failed/ }).click();
      assert.equal(await shown.options.count(), 4);
      await page.getByLabel("Find a scenario").fill("scenario 13");
      assert.equal(await shown.options.count(), 1);
      assert.equal(await shown.text("nav output"), `1 of ${COUNT} scenarios`);
      assert.deepEqual([shown.hash.get("f"), shown.hash.get("s")], ["failed", "scenario 13"]);
      await shown.options.first().click();
      await page.getByRole("heading", { name: "scenario 13 hello" }).waitFor();
      assert.match(await shown.text(".failure"), /hello is not there\s+evidence hello/);
      assert.match(await shown.text(".command"), /deno task hil hello --seed 7/);
      assert.match(await shown.text(".measurements tbody"), /latency hello\s+7\s+ms\s+≤ 5\s+fail/);
      await page.goBack();
      await page.getByRole("heading", { name: "What did not pass" }).waitFor();
    });

    await t.step("zooms, by keys and by the wheel, and shows an event everywhere", async () => {
      await shown.open();
      await shown.options.nth(3).click();
      const lanes = page.getByRole("group", { name: /Time axis/ });
      await lanes.focus();
      await page.keyboard.press("+");
      await page.keyboard.press("+");
      const [from, to] = shown.hash.get("v")!.split(",").map(Number);
      assert.ok(to! - from! > 24e6 && to! - from! < 27e6, `${from} to ${to}`);
      await shown.reads(".range", /^25\.\d+ ms from /);
      await page.keyboard.press("0");
      assert.equal(shown.hash.get("v"), null);
      await shown.reads(".range", /^all 100 ms$/);
      await page.locator(".lanes canvas").last().hover({ position: { x: 300, y: 20 } });
      await page.keyboard.down("Control");
      await page.mouse.wheel(0, -300);
      await page.keyboard.up("Control");
      await page.waitForFunction("location.hash.includes('v=')");
      await page.getByRole("listbox", { name: "SIP messages" }).getByRole("option").nth(1).click();
      const event = page.locator(".event[aria-selected=true]");
      assert.match(await event.innerText(), /to 198\.51\.100\.2:5060 UDP {2}200 OK/);
      await shown.reads(".inspector", /"firstLine": "200 OK"/);
    });

    await t.step("a link leads to the same scenario, time, event and search", async () => {
      const link = shown.hash;
      link.set("v", "20000000,40000000");
      link.set("lane", "sip");
      link.set("q", "ok");
      await shown.open(`#${link}`);
      await page.getByRole("heading", { name: "scenario 3 hello" }).waitFor();
      await shown.reads(".range", /^20 ms from 0\.0200 s$/);
      assert.equal(await page.locator(".events .event").count(), 1);
      assert.match(await page.locator(".event[aria-selected=true]").innerText(), /200 OK/);
    });

    await t.step("a console is read with what was done and expected beside it", async () => {
      await page.getByLabel("Find in events").fill("");
      await page.getByLabel("Events of").selectOption("uart0");
      const rows = await page.locator(".events .event .text").allInnerTexts();
      assert.deepEqual(rows, [
        ...["▸ boot hello", "U-Boot 2024.01", "echo hello", "hello"],
        ...["✗ the answer be hello: it was none", "failed"],
      ]);
    });

    await t.step("keys move, find and explain", async () => {
      await shown.open();
      await page.keyboard.press("j");
      await page.getByRole("heading", { name: "scenario 0 hello" }).waitFor();
      await page.keyboard.press("j");
      await page.keyboard.press("k");
      await page.keyboard.press("?");
      await page.getByRole("dialog", { name: "Keys" }).waitFor();
      await page.keyboard.press("Escape");
      await page.keyboard.press("/");
      await page.keyboard.type("scenario 7");
      assert.equal(await shown.options.count(), 4);
      await page.keyboard.press("Escape");
      await page.keyboard.press("Escape");
      await page.getByRole("heading", { name: "What did not pass" }).waitFor();
    });

    await t.step("nothing serious keeps anybody from using it, in light and in dark", async () => {
      assert.deepEqual(await shown.faults(), []); // The list, and what did not pass.
      await shown.options.nth(3).click();
      await page.locator(".ladder").waitFor();
      await page.locator(".event").first().click();
      assert.deepEqual(await shown.faults(), []);
      await page.keyboard.press("t");
      assert.equal(await page.locator("html").getAttribute("data-theme"), "dark");
      assert.deepEqual(await shown.faults(CONTRAST), []);
      await page.keyboard.press("t");
    });

    await t.step("prints all of the list, and all of a scenario", async () => {
      await page.emulateMedia({ media: "print" });
      const prints = (how: "before" | "after") =>
        page.evaluate(`dispatchEvent(new Event("${how}print"))`);
      await prints("before");
      assert.equal(await page.locator("nav.list").isVisible(), false);
      const lanes = page.locator(".lanes");
      assert.equal(await lanes.evaluate((element) => getComputedStyle(element).maxHeight), "none");
      await prints("after");
      await page.emulateMedia({ media: "screen" });
      await shown.open();
      assert.ok(await shown.options.count() < COUNT);
      await prints("before");
      assert.equal(await shown.options.count(), COUNT);
      await page.emulateMedia({ media: "print" });
      const [high, shownHigh] = await page.locator("nav .virtual").evaluate((element) => {
        return [element.scrollHeight, element.clientHeight];
      });
      assert.ok(high! > 40 * COUNT && high! <= shownHigh! + 1, `${shownHigh} of ${high}`);
      await prints("after");
      await page.emulateMedia({ media: "screen" });
    });

    await t.step("of what is too much, it says how much is not there", async () => {
      const folder = `${root}/reports/runs/r1/s0`;
      Deno.removeSync(`${folder}/trace.jsonl`);
      const ticks = Array.from({ length: 9000 }, (_, i) => {
        return [i * 11_111, { type: "signal", channel: "timer", kind: "tick" }] as const;
      });
      writeTrace(folder, [...ticks, ...everything().slice(-1)]);
      const run = { ...sampleRun(`${root}/m`, 1), problems: [] };
      const results = run.results.map((result) => ({ ...result, outcome: "passed" as const }));
      const file = `${root}/reports/many.html`;
      await writeHtml({ ...run, results }, { root, path: file });
      await page.goto(`file://${file}`);
      await shown.options.first().click();
      assert.match(await shown.text(".timeline .note"), /^7,\d{3} frequent events of 9,001 drawn/);
      assert.match(await shown.text(".events .note"), /^2,\d{3} events of 9,001 in the trace|^1,/);
    });

    await t.step("what a scenario says is shown as it is, and does nothing", async () => {
      await page.goto(`file://${root}/h/index.html`);
      await shown.options.nth(3).click();
      await page.getByRole("heading", { name: `scenario 3 ${HOSTILE}` }).waitFor();
      assert.match(await page.title(), /^scenario 3 </);
      assert.equal(await page.locator("img").count(), 0);
      await page.getByText("Show", { exact: true }).click();
      assert.equal(await shown.text(".attachments pre"), `# note ${HOSTILE}`);
    });

    shown.clean();
    await historyIn(browser, t, `${root}/history`);
  } finally {
    Deno.removeSync(root, { recursive: true });
  }
});

async function historyIn(
  browser: Browser,
  t: Deno.TestContext,
  root: string,
): Promise<void> {
  const history = `${root}/reports/history.sqlite`, path = `${root}/reports/index.html`;
  const run = await madeHistory(history, { runs: 60, worseFrom: 48 });
  await writeHtml(run, { root, path, history });
  const tab = await browser.tab("history");
  const { page } = tab;
  const errors: string[] = [];
  page.on("pageerror", (error) => void errors.push(error.message));
  await page.goto(`file://${path}`);
  await page.getByRole("listbox", { name: "Scenarios" }).getByRole("option").first().click();
  const card = page.getByRole("region", { name: "History" });

  await t.step("a history has the rate, the outcomes and a plot for each measurement", async () => {
    assert.match(await card.innerText(), /9\d(\.\d)? % of 60 passed at once \(95 % sure: /);
    await card.getByRole("img", { name: /^Outcomes, the latest last: \d+ passed, / }).waitFor();
    await card.getByRole("img", { name: /^duration over \d+ runs: latest / }).waitFor();
    await card.getByRole("img", { name: /^interrupt latency over 60 runs: latest / }).waitFor();
    assert.ok(await card.locator("polyline.limit").count() > 0);
  });

  await t.step("it tells the change, with run and commit", async () => {
    const change = await card.locator("p.change.worse").innerText();
    assert.match(change, /^worse since r4[89] at [0-9a-f]{7}: 3\.\d+ ms → 3\.\d+ ms \(\+\d+/);
    assert.equal(await card.locator("line.change.worse").count(), 1);
  });

  await t.step("it has all of it as a table", async () => {
    await card.getByText("As a table").click();
    const rows = card.getByRole("row");
    await rows.nth(60).waitFor();
    assert.equal(await rows.count(), 61);
    assert.match(await rows.nth(1).innerText(), /^r60\s.*\sms/s);
  });

  await t.step("quarantine is said first", async () => {
    const text = await page.getByRole("region", { name: "Quarantine" }).innerText();
    assert.match(text, /In quarantine until 9999-01-01: it fails no run\s+the relay is old/);
  });

  for (const theme of ["light", "dark"] as const) {
    await t.step(`the history is accessible in ${theme}`, async () => {
      await page.evaluate(`document.documentElement.dataset.theme = "${theme}"`);
      const rules = theme === "dark" ? CONTRAST : {};
      assert.deepEqual(await faultsOf(tab, { within: ".history", ...rules }), []);
    });
  }
  assert.deepEqual(errors, []);
}
