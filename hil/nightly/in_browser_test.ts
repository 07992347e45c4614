/** The summary of a night as a browser shows it: from disk, by itself, readable by day and by night. */
import assert from "node:assert/strict";
import { Browser, browserAvailable } from "../drivers/browser/mod.ts";
import { HostClock } from "../drivers/host_clock.ts";
import { CONTRAST, faultsOf } from "../report/html/_axe.ts";
import { Timeline } from "../trace/mod.ts";
import { FakeBench, SECOND } from "./_fixture.ts";
import { summaryOf } from "./summary.ts";
import { summaryHtml } from "./write_down.ts";

const available = await browserAvailable();
if (!available.ok) console.log(`skipped: ${available.reason}; ${available.remedy}`);

async function aSummary(): Promise<string> {
  const bench = new FakeBench({
    good: { takes: SECOND },
    "<img src=x onerror=alert(1)>": { takes: SECOND, ends: () => "failed" },
    flaky: { takes: SECOND, ends: () => "flaky" },
    boot: { takes: SECOND, targets: { board: "bbb" } },
  });
  bench.deadSince.set("board=bbb", 0);
  return summaryHtml(summaryOf(await bench.night({ passes: 3 }).run()), { title: "a night" });
}

Deno.test({
  name:
    "the summary in Chromium asks for nothing else, runs nothing, and axe finds nothing serious",
  ignore: !available.ok,
  async fn() {
    const folder = await Deno.makeTempDir({ prefix: "hil-night-" });
    const timeline = new Timeline({ write: () => {} });
    const clock = timeline.clock = new HostClock(timeline);
    try {
      await Deno.writeTextFile(`${folder}/summary.html`, await aSummary());
      await using browser = await Browser.open({
        ...{ timeline, clock, tempDir: folder, attachmentsDir: folder },
      });
      const tab = await browser.tab("summary");
      const loads: string[] = [], dialogs: string[] = [];
      tab.page.on("request", (request) => void loads.push(request.url()));
      tab.page.on("dialog", (dialog) => void dialogs.push(dialog.message()));
      await tab.page.goto(`file://${folder}/summary.html`);
      assert.deepEqual(await faultsOf(tab), []);
      await tab.page.emulateMedia({ colorScheme: "dark" });
      assert.deepEqual(await faultsOf(tab, CONTRAST), []);
      assert.match(await tab.page.locator("h1").innerText(), /^1 of 4 scenarios failed;/);
      assert.deepEqual(new Set(loads), new Set([`file://${folder}/summary.html`]));
      assert.deepEqual(dialogs, []);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});
