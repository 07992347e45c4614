/** The history of a scenario as a browser shows it, in light and in dark. */
import assert from "node:assert/strict";
import { Browser, browserAvailable } from "../../drivers/browser/mod.ts";
import { HostClock } from "../../drivers/host_clock.ts";
import { Timeline } from "../../trace/mod.ts";
import { madeHistory } from "../_made_history.ts";
import { writeHtml } from "./write.ts";

const available = await browserAvailable();
if (!available.ok) console.log(`skipped: ${available.reason}; ${available.remedy}`);

Deno.test({ name: "a scenario's history in Chromium", ignore: !available.ok }, async (t) => {
  const root = Deno.makeTempDirSync({ prefix: "hil-history-" });
  try {
    const history = `${root}/reports/history.sqlite`;
    const run = await madeHistory(history, { runs: 60, worseFrom: 48 });
    const path = `${root}/reports/index.html`;
    await writeHtml(run, { root, path, history });
    const timeline = new Timeline({ write: () => {} });
    const clock = timeline.clock = new HostClock(timeline);
    await using browser = await Browser.open({
      ...{ timeline, clock, tempDir: root, attachmentsDir: root },
    });
    const { page } = await browser.tab("report");
    const errors: string[] = [];
    page.on("pageerror", (error) => void errors.push(error.message));
    await page.goto(`file://${path}`);
    await page.getByRole("listbox", { name: "Scenarios" }).getByRole("option").first().click();
    const card = page.getByRole("region", { name: "History" });

    await t.step("has the rate, the outcomes and a plot for each measurement", async () => {
      assert.match(await card.innerText(), /9\d(\.\d)? % of 60 passed at once \(95 % sure: /);
      await card.getByRole("img", { name: /^Outcomes, the latest last: \d+ passed, / }).waitFor();
      await card.getByRole("img", { name: /^duration over \d+ runs: latest / }).waitFor();
      await card.getByRole("img", { name: /^interrupt latency over 60 runs: latest / }).waitFor();
      assert.ok(await card.locator("polyline.limit").count() > 0);
    });

    await t.step("tells the change, with run and commit", async () => {
      const change = await card.locator("p.change.worse").innerText();
      assert.match(change, /^worse since r4[89] at [0-9a-f]{7}: 3\.\d+ ms → 3\.\d+ ms \(\+\d+/);
      assert.equal(await card.locator("line.change.worse").count(), 1);
    });

    await t.step("has all of it as a table", async () => {
      await card.getByText("As a table").click();
      const rows = card.getByRole("row");
      await rows.nth(60).waitFor();
      assert.equal(await rows.count(), 61);
      assert.match(await rows.nth(1).innerText(), /^r60\s.*\sms/s);
    });

    await t.step("says the quarantine first", async () => {
      const text = await page.getByRole("region", { name: "Quarantine" }).innerText();
      assert.match(text, /In quarantine until 9999-01-01: it fails no run\s+the relay is old/);
    });

    for (const theme of ["light", "dark"] as const) {
      await t.step(`is accessible in ${theme}`, async () => {
        const { default: axe } = await import("axe-core");
        await page.evaluate(`document.documentElement.dataset.theme = "${theme}"`);
        await page.evaluate(axe.source);
        type Found = { id: string; impact: string; nodes: { html: string }[] };
        const { violations } = await page.evaluate(`axe.run(".history")`) as {
          violations: Found[];
        };
        const serious = violations.filter(({ impact }) => /serious|critical/.test(impact));
        assert.deepEqual(serious.map(({ id, nodes }) => `${id}: ${nodes[0]!.html}`), []);
        const shots = Deno.env.get("HIL_SHOTS");
        if (shots) await card.screenshot({ path: `${shots}/history-${theme}.png` });
      });
    }
    assert.deepEqual(errors, []);
  } finally {
    Deno.removeSync(root, { recursive: true });
  }
});
