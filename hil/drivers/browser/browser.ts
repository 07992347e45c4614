/** A Chromium of its own for one scenario: Debian's, driven by Playwright. */
import type { Browser as Playwright, BrowserContext } from "playwright-core";
import type { Availability, Tool } from "../../bench/mod.ts";
import { seconds, withLimit } from "../../time/mod.ts";
import { loadChromium } from "./_playwright.ts";
import { CHROMIUM, Program } from "./_program.ts";
import { BrowserError } from "./error.ts";
import type { BrowserOptions, TabOptions } from "./options.ts";
import { Tab } from "./tab.ts";

/** With all others of the machine at work beside it. */
const START_LIMIT = seconds(60);
const CLOSE_LIMIT = seconds(5);

export class Browser implements AsyncDisposable {
  readonly #tabs = new Set<Tab>();
  readonly #playwright: Playwright;
  #closing: Promise<void> | undefined;

  private constructor(
    private readonly options: BrowserOptions,
    private readonly program: Program,
    private readonly first: BrowserContext,
  ) {
    this.#playwright = first.browser()!;
    this.#playwright.on("disconnected", () => void this.#ended());
  }

  /**
   * Started, with a new profile, and no tab.
   *
   * @throws BrowserError when Chromium does not start: the message has what it says
   */
  static async open(options: BrowserOptions): Promise<Browser> {
    const { headed = false } = options;
    if (headed && !screen()) {
      throw new BrowserError(
        "Cannot show the browser's windows: neither DISPLAY nor WAYLAND_DISPLAY is set; " +
          "run it on a desktop, by xvfb-run, or without `headed`",
      );
    }
    const program = await Program.make(options);
    try {
      return new Browser(options, program, await start(program, headed));
    } catch (error) {
      const words = await program.words();
      await program.end();
      if (error instanceof BrowserError) throw error;
      throw startFailure(words, error);
    }
  }

  get version(): string {
    return this.#playwright.version();
  }

  /** Of its main process; undefined when it has ended. */
  get pid(): number | undefined {
    return this.program.pid;
  }

  /**
   * A window with one page, which shares nothing with other tabs: no cookies, no storage.
   *
   * @param name in the trace: "alice" has the channels "alice console", "alice network" …
   */
  async tab(name: string, tab: TabOptions = {}): Promise<Tab> {
    const permissions = this.options.microphone ? ["microphone"] : [];
    const made = await Tab.make(this.#playwright, this.options, name, { permissions, ...tab });
    this.#tabs.add(made);
    return made;
  }

  /** Ends it, with all tabs; nothing of it is left. */
  close(): Promise<void> {
    return this.#closing ??= this.#close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #close(): Promise<void> {
    try {
      await Promise.all([...this.#tabs].map((tab) => tab.close()));
      await withLimit(this.first.close(), CLOSE_LIMIT, () => {});
    } finally {
      await this.program.end();
    }
  }

  /** Nobody has asked it to. */
  async #ended(): Promise<void> {
    if (this.#closing) return;
    const words = await this.program.words();
    const error = new BrowserError(
      `Cannot go on with ${CHROMIUM}: it ${await this.program.ending()}; ` +
        (words ? `it said:\n${words}` : "it said nothing; look for who killed it"),
      words,
    );
    for (const tab of this.#tabs) tab.lost(error);
    this.options.timeline.fail(error);
  }
}

async function start(program: Program, headed: boolean): Promise<BrowserContext> {
  const chromium = await loadChromium();
  return await chromium.launchPersistentContext(program.profile, {
    executablePath: program.path,
    artifactsDir: program.artifacts,
    headless: !headed,
    // Its sandbox is for who is not root.
    chromiumSandbox: Deno.uid() !== 0,
    args: program.flags,
    env: program.env,
    timeout: START_LIMIT.ms,
    // These are the runner's.
    ...{ handleSIGINT: false, handleSIGTERM: false, handleSIGHUP: false },
  });
}

function startFailure(words: string, cause: unknown): BrowserError {
  const said = words || `${(cause as Error).message.split("\n")[0]}`;
  return new BrowserError(`Cannot start ${CHROMIUM}: it says:\n${said}`, words, { cause });
}

/** Whether there is one to show windows on. */
function screen(): boolean {
  return Boolean(Deno.env.get("DISPLAY") || Deno.env.get("WAYLAND_DISPLAY"));
}

export const BROWSER_TOOLS: readonly Tool[] = [
  { command: CHROMIUM, debianPackage: "chromium", purpose: "shows web pages" },
  {
    command: "certutil",
    debianPackage: "libnss3-tools",
    purpose: "makes the browser trust a certificate",
  },
];

/** Whether this machine has a browser; with `headed`, also a screen. */
export async function browserAvailable(
  { headed = false }: { readonly headed?: boolean } = {},
): Promise<Availability> {
  for (const { command, debianPackage } of BROWSER_TOOLS) {
    const remedy = `apt-get install ${debianPackage}, or deno task hil doctor --install`;
    if (!await onPath(command)) return { ok: false, reason: `it has no ${command}`, remedy };
  }
  if (headed && !screen()) {
    const remedy = "run it on a desktop or by xvfb-run, or without headed";
    return { ok: false, reason: "neither DISPLAY nor WAYLAND_DISPLAY is set", remedy };
  }
  return { ok: true, versions: { chromium: await installed() } };
}

async function onPath(command: string): Promise<boolean> {
  const args = ["-c", `command -v ${command}`];
  const { success } = await new Deno.Command("sh", { args, stdout: "null" }).output();
  return success;
}

async function installed(): Promise<string> {
  const { stdout } = await new Deno.Command(CHROMIUM, { args: ["--version"] }).output();
  return /[\d.]+/.exec(new TextDecoder().decode(stdout))?.[0] ?? "unknown";
}
