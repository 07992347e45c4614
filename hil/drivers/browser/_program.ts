/**
 * Chromium as a program: a script that Playwright starts in its place, which runs it where it is to
 * run, keeps what it says, and keeps how it ended.
 */
import { hostNow, ms, pause, seconds } from "../../time/mod.ts";
import { markOf } from "../netns/mod.ts";
import { commandLine, markedProcesses } from "../marked_processes.ts";
import { BrowserError } from "./error.ts";
import type { BrowserOptions } from "./options.ts";
import { toneWav } from "./tone.ts";
import { trust } from "./_trust.ts";

export const CHROMIUM = "chromium";
/** Its processes have the folder of their browser in their environment. */
const MARK = "HIL_BROWSER";
/**
 * Besides what Playwright switches off: pages of the address field, for which each window has a
 * process that costs as much as the page itself.
 */
const UNWANTED = ["WebUIOmniboxPopup", "WebUIOmniboxAimPopup", "WebUIOmniboxFullPopup"];
const END_LIMIT = seconds(5);
/** What was killed is gone in ms; after that it is a zombie, for which nobody of this machine cares. */
const GONE_LIMIT = seconds(1);
/** Between two looks at whether killed processes have ended. */
const LOOK = ms(5);
/** Lines of its standard error that a message has. */
const LAST_LINES = 8;
/** What any Chromium says that has no session bus, or no screen, or crashes. */
const CHATTER = /dbus|crashpad|\/usr\/bin\/chromium: \d+: \[|^\s*$/;

/** All of a browser that is outside of it: a folder, and processes. */
export class Program {
  private constructor(readonly folder: string, private readonly options: BrowserOptions) {}

  static async make(options: BrowserOptions): Promise<Program> {
    const folder = await Deno.makeTempDir({ dir: options.tempDir, prefix: "b-" });
    const program = new Program(folder, options);
    try {
      await program.#prepare();
    } catch (error) {
      await program.end();
      throw error;
    }
    return program;
  }

  async #prepare(): Promise<void> {
    const { trust: authorities, microphone } = this.options;
    await Deno.mkdir(this.#home);
    await Deno.mkdir(`${this.folder}/tmp`);
    if (authorities !== undefined) await trust(this.#home, authorities);
    if (microphone) await Deno.writeFile(this.#voice, toneWav(microphone));
    await Deno.writeTextFile(this.path, this.#script(), { mode: 0o755 });
  }

  /** The program that stands for Chromium. */
  get path(): string {
    return `${this.folder}/chromium`;
  }

  get profile(): string {
    return `${this.folder}/profile`;
  }

  get artifacts(): string {
    return `${this.folder}/artifacts`;
  }

  get #home(): string {
    return `${this.folder}/home`;
  }

  get #voice(): string {
    return `${this.folder}/voice.wav`;
  }

  get flags(): string[] {
    const { hosts = {}, microphone, flags = [] } = this.options;
    const rules = Object.entries(hosts).map(([name, address]) => {
      return `MAP ${name} ${address.includes(":") ? `[${address}]` : address}`;
    });
    // Nobody else is asked for a name, and nobody outside is reached by one; addresses stay.
    const others = ["MAP * ~NOTFOUND", "EXCLUDE localhost", "EXCLUDE *.*.*.*", "EXCLUDE *:*"];
    return [
      `--host-resolver-rules=${[...rules, ...others].join(",")}`,
      ...["--no-proxy-server", "--disable-quic", "--disable-sync"],
      ...microphone
        ? [
          "--use-fake-device-for-media-stream",
          `--use-file-for-fake-audio-capture=${this.#voice}`,
        ]
        : [],
      ...flags,
    ];
  }

  /** Nothing of this process's but where programs and screens are. */
  get env(): Record<string, string> {
    const { host, processEnv = {}, headed = false } = this.options;
    const screens = headed ? ["DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY", "XDG_RUNTIME_DIR"] : [];
    const kept = ["PATH", ...screens].flatMap((name) => {
      const value = Deno.env.get(name);
      return value === undefined ? [] : [[name, value] as const];
    });
    return {
      ...Object.fromEntries(kept),
      LANG: "C.UTF-8",
      HOME: this.#home,
      TMPDIR: `${this.folder}/tmp`,
      ...processEnv,
      ...host && markOf(host.namespace),
      [MARK]: this.folder,
    };
  }

  /** The end of what it said. */
  async words(): Promise<string> {
    const text = await Deno.readTextFile(`${this.folder}/stderr`).catch(() => "");
    const lines = text.split("\n").filter((line) => !CHATTER.test(line));
    return lines.slice(-LAST_LINES).join("\n");
  }

  /** After it has ended: how. */
  async ending(): Promise<string> {
    const text = await Deno.readTextFile(`${this.folder}/code`).catch(() => "");
    if (text === "") return "was killed";
    const code = Number(text);
    return code > 128 ? `was killed by signal ${code - 128}` : `exited with code ${code}`;
  }

  /** Of the browser itself, not of its helpers; undefined when it has ended. */
  get pid(): number | undefined {
    return markedProcesses(this.#mark, { whole: true }).find((pid) => {
      const words = commandLine(pid);
      return words.some((word) => word.startsWith("--user-data-dir")) &&
        !words[0]!.endsWith("sh") && !words.some((word) => word.startsWith("--type="));
    });
  }

  /** Kills what is left of it, and removes the folder. */
  async end(): Promise<void> {
    await endMarked(this.#mark);
    // Its helpers outlive it, and would make the folder anew: they have no mark, since they write over
    // their environment, but are of the script's group.
    const group = await Deno.readTextFile(`${this.folder}/group`).catch(() => "");
    if (group !== "") await endGroup(Number(group));
    await Deno.remove(this.folder, { recursive: true });
  }

  get #mark(): string {
    return `${MARK}=${this.folder}`;
  }

  #script(): string {
    const { host } = this.options;
    const inside = host ? `ip netns exec ${host.namespace} ` : "";
    // Chromium's own pipes, 3 and 4, are open here too: when they close, its end is written.
    // Of two lists of features Chromium takes the last, so that ours is added to Playwright's.
    return `#!/bin/sh
echo $$ >"${this.folder}/group"
for word do
  shift
  case $word in --disable-features=*) word="$word,${UNWANTED}" ;; esac
  set -- "$@" "$word"
done
${inside}${CHROMIUM} "$@" 2>"${this.folder}/stderr"
code=$?
echo $code >"${this.folder}/code"
exit $code
`;
  }
}

async function endMarked(mark: string): Promise<void> {
  const end = hostNow() + END_LIMIT.ns;
  const list = () => markedProcesses(mark, { whole: true });
  for (let pids = list(); pids.length > 0; pids = list()) {
    if (hostNow() > end) {
      throw new BrowserError(
        `Cannot end Chromium: its processes "${pids}" are there after ${END_LIMIT}; end them`,
      );
    }
    for (const pid of pids) kill(pid);
    await pause(LOOK);
  }
}

async function endGroup(group: number): Promise<void> {
  const end = hostNow() + GONE_LIMIT.ns;
  while (kill(-group) && hostNow() < end) await pause(LOOK);
}

/** @returns whether there was something to kill */
function kill(pid: number): boolean {
  try {
    Deno.kill(pid, "SIGKILL");
    return true;
  } catch {
    return false; // It has ended meanwhile.
  }
}
