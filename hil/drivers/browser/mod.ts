/**
 * A real browser: Debian's Chromium, driven by Playwright, in this machine's network or in a host of a
 * lab. It trusts who it is told to trust, hears a tone, and all that its pages do is in the trace.
 *
 * @example
 * ```ts ignore
 * await using browser = await Browser.open({
 *   ...{ timeline, clock, tempDir, attachmentsDir, processEnv },
 *   host: lab.host("phone"),
 *   trust: authority,
 *   hosts: { "pbx.example": "198.51.100.1" },
 *   microphone: { frequencyHz: 440 },
 * });
 * const alice = await browser.tab("alice");
 * await alice.open("https://pbx.example/");
 * await alice.page.getByLabel("User").fill("1001");
 * await alice.waitForData("data-registration", "registered", { within: seconds(5) });
 * await alice.hearTone(440, { within: seconds(2) });
 * await alice.screenshot("a call is up");
 * ```
 */
export { Browser, BROWSER_TOOLS, browserAvailable } from "./browser.ts";
export { BrowserError, PageError } from "./error.ts";
export type { BrowserOptions, TabOptions, Within } from "./options.ts";
export type { PeerStats } from "./_in_page.ts";
export type { ConsoleData, NetworkData, SocketData, StateData } from "./_record.ts";
export { type HearToneOptions, Tab, type WaitForDataOptions } from "./tab.ts";
export { hear, type Heard, type Tone, toneWav } from "./tone.ts";
