/** The target "chromium" of the role "client": a page in Debian's Chromium, without a window. */
import { type Availability, defineTarget, type TargetContext } from "hil";
import { versionOf } from "sims/toolchain/mod.ts";
import { CHROMIUM, startChromium } from "../conformance/chromium.ts";
import type { NamedClient } from "../port.ts";

export default defineTarget<NamedClient>({
  title: "WebSocket of a page in Chromium",
  offers: [],
  tools: [{ command: CHROMIUM, debianPackage: "chromium", purpose: "a client of WebSockets" }],
  availability: async (): Promise<Availability> => {
    const version = await versionOf(CHROMIUM);
    if (version !== undefined) return { ok: true, versions: { chromium: version } };
    return {
      ok: false,
      reason: `the program "${CHROMIUM}" is not on this machine`,
      remedy: "install the Debian package chromium: deno task hil doctor --install",
    };
  },
  start: async ({ tempDir, processEnv, defer }: TargetContext): Promise<NamedClient> => {
    const client = await startChromium({ folder: tempDir, env: processEnv });
    defer("stop Chromium", () => client.stop());
    return { ...client, name: "chromium" };
  },
});
