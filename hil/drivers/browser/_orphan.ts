/** For tests: a run whose browser does not open a page, says why, and is killed. */
import { minutes, timer } from "../../time/mod.ts";
import { Timeline } from "../../trace/mod.ts";
import { HostClock } from "../host_clock.ts";
import { Browser } from "./mod.ts";

const [tempDir, url] = Deno.args as [string, string];
const timeline = new Timeline({ write: () => {} });
const clock = timeline.clock = new HostClock(timeline);
const browser = await Browser.open({
  ...{ timeline, clock, tempDir, attachmentsDir: tempDir, processEnv: { MARK: tempDir } },
  hosts: { "pbx.example": "127.0.0.1" },
});
const tab = await browser.tab("alice");
const why = await tab.open(url).catch((error: Error) => error.message);
console.log(JSON.stringify({ pid: browser.pid, why }));
timer(minutes(1), () => {});
