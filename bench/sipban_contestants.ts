/** Who bans in the benchmark: our daemon, a script on Net::Pcap, and fail2ban on Asterisk's log. */
import { fileURLToPath } from "node:url";
import { pause, seconds, withLimit } from "hil/time/mod.ts";
import type { LabHost } from "hil/drivers/lab/mod.ts";
import { findTool } from "hil/cli/tools.ts";
import { ask, permissionsOf } from "sims/sipban/daemon/mod.ts";
import { readConfig } from "sims/sipban/config/mod.ts";
import { PeerMissing } from "./benchmark.ts";

export interface Seen {
  readonly packets: number;
  /** In its capture, before it read them. */
  readonly lost: number;
}

export interface Contestant {
  /** Whose processor time and memory count. */
  readonly pid: number;
  /** Its eleventh failure is the answer of this number, of one 401 and then 403s. */
  readonly decisive: number;
  /** What has been seen when it is asked, or undefined: it does not watch packets. */
  seen(): Promise<Seen | undefined>;
  /** For who reads Asterisk's log. */
  log(line: string): void;
  stop(): Promise<Seen | undefined>;
}

const LIMIT = seconds(30);
const PIPES = { stdin: "null", stdout: "piped", stderr: "null" } as const;

export async function sipban(host: LabHost, folder: string): Promise<Contestant> {
  const main = fileURLToPath(new URL("../sims/sipban/main.ts", import.meta.url));
  const options = [
    ["interface", "eth0"],
    ["state", `${folder}/state.sqlite`],
    ["control", `${folder}/control.sock`],
    ["keep-bans", "false"],
  ] as const;
  const config = readConfig({ options });
  const words = options.map(([name, value]) => `--${name}=${value}`);
  const args = ["run", "--no-check", "--no-prompt", ...permissionsOf(config), main, "run"];
  const child = urgent(host, Deno.execPath(), [...args, ...words], PIPES);
  await said(child.stdout, '"start"');
  const seen = async () => {
    const status = await ask(config.control, { command: "status" }) as {
      packets: number;
      interfaces: Record<string, { dropped: number }>;
    };
    return { packets: status.packets, lost: status.interfaces["eth0"]!.dropped };
  };
  return {
    pid: child.pid,
    decisive: 12,
    seen,
    log() {},
    async stop() {
      const last = await seen();
      await end(child);
      return last;
    },
  };
}

export async function netPcap(host: LabHost): Promise<Contestant> {
  const script = fileURLToPath(new URL("sipban_pcap.pl", import.meta.url));
  const { success } = await new Deno.Command("perl", { args: ["-MNet::Pcap", "-e", "1"] }).output();
  if (!success) {
    throw new PeerMissing("Cannot compare with Net::Pcap: install libnet-pcap-perl");
  }
  const child = urgent(host, "perl", [script, "eth0", "198.51.100.1"], PIPES);
  const heard = await said(child.stdout, "start");
  return {
    pid: child.pid,
    decisive: 11,
    seen: () => Promise.resolve(undefined),
    log() {},
    async stop() {
      await end(child);
      const text = await heard();
      return JSON.parse(text.slice(text.lastIndexOf("{")));
    },
  };
}

/** The Debian package with its asterisk jail and filter, without what else the package starts. */
export async function fail2ban(host: LabHost, folder: string): Promise<Contestant> {
  if (findTool("/usr/bin/fail2ban-server") === undefined) {
    throw new PeerMissing("Cannot compare with fail2ban: install fail2ban");
  }
  const log = `${folder}/asterisk.log`;
  const conf = `${folder}/fail2ban`;
  await Deno.writeTextFile(log, "");
  await new Deno.Command("cp", { args: ["-r", "/etc/fail2ban", conf] }).output();
  await new Deno.Command("rm", { args: ["-f", `${conf}/jail.d/defaults-debian.conf`] }).output();
  await Deno.writeTextFile(
    `${conf}/jail.local`,
    "[DEFAULT]\nbanaction = nftables-multiport\nbackend = auto\n" +
      `[asterisk]\nenabled = true\nlogpath = ${log}\nmaxretry = 11\nfindtime = 10m\n`,
  );
  await Deno.writeTextFile(
    `${conf}/fail2ban.local`,
    `[Definition]\ndbfile = None\nlogtarget = ${folder}/fail2ban.log\n`,
  );
  const socket = `${folder}/fail2ban.sock`;
  const where = ["-c", conf, "-s", socket, "-p", `${folder}/fail2ban.pid`];
  const child = urgent(host, "/usr/bin/fail2ban-server", ["-xf", ...where, "start"], {
    ...PIPES,
    stdout: "null",
  });
  const isUp = async () => {
    const { success } = await new Deno.Command("fail2ban-client", {
      args: [...where, "status", "asterisk"],
      stdout: "null",
      stderr: "null",
    }).output();
    return success;
  };
  await withLimit(until(isUp), LIMIT, () => {
    throw new Error("Cannot compare with fail2ban: it does not start");
  });
  const file = await Deno.open(log, { append: true });
  return {
    pid: child.pid,
    decisive: 12,
    seen: () => Promise.resolve(undefined),
    log: (line) => void file.writeSync(new TextEncoder().encode(line)),
    async stop() {
      file.close();
      await end(child);
      return undefined;
    },
  };
}

/** Before the flood's own process, as the unit of sipban has it. */
function urgent(
  host: LabHost,
  program: string,
  args: readonly string[],
  pipes: Omit<Deno.CommandOptions, "args">,
): Deno.ChildProcess {
  return host.command("nice", ["-n", "-10", program, ...args], pipes).spawn();
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!await isSo()) await pause(seconds(0.1));
}

/** Waits for `word`; what comes after it can be had at the end. */
async function said(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  word: string,
): Promise<() => Promise<string>> {
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  const read = async () => {
    for (let part; !text.includes(word) && !(part = await reader.read()).done;) text += part.value;
  };
  await withLimit(read(), LIMIT, () => {});
  if (!text.includes(word)) throw new Error(`Cannot measure: "${word}" was not said, but ${text}`);
  const rest = (async () => {
    for (let part; !(part = await reader.read()).done;) text += part.value;
    return text;
  })();
  return () => rest;
}

async function end(child: Deno.ChildProcess): Promise<void> {
  child.kill("SIGTERM");
  await withLimit(child.status, LIMIT, () => {
    child.kill("SIGKILL");
    return child.status;
  });
}
