/** The real process, as a user without any rights but two, in a network of its own. */
import assert from "node:assert/strict";
import { Lab, labAvailable, type LabHost } from "hil/drivers/lab/mod.ts";
import { NftSession } from "hil/drivers/nft/mod.ts";
import { every, ms, seconds, withLimit } from "hil/time/mod.ts";
import { readConfig } from "../config/mod.ts";
import { ask } from "./control.ts";
import { permissionsOf } from "./permissions.ts";
import type { Report } from "./reports.ts";

const ignore = !(await labAvailable()).ok;
const LIMIT = seconds(20);
const PBX = "198.51.100.1";
const NOBODY = 65534;
interface Line extends Report {
  readonly text?: string;
}

class Process implements AsyncDisposable {
  readonly lines: Line[] = [];
  #errors = "";
  #ended = false;
  #wake = () => {};
  readonly #reading: Promise<unknown>;

  constructor(readonly child: Deno.ChildProcess, readonly folder: string) {
    this.#reading = Promise.all([this.#read(), this.#readErrors()]).then(() => {
      this.#ended = true;
      this.#wake();
    });
  }

  get control(): string {
    return `${this.folder}/control.sock`;
  }

  /** The next line that is of `event`, from `from` on. */
  async said(event: string, from = 0): Promise<Line> {
    const wait = async () => {
      for (;;) {
        const line = this.lines.slice(from).find((line) => line.event === event);
        if (line) return line;
        if (this.#ended) assert.fail(`it ended before "${event}": ${this.#errors}`);
        await new Promise<void>((resolve) => this.#wake = resolve);
      }
    };
    return await withLimit(wait(), LIMIT, () => {
      assert.fail(`no "${event}" in ${JSON.stringify(this.lines)} ${this.#errors}`);
    });
  }

  /** @returns what it complained of */
  async end(signal: Deno.Signal = "SIGTERM"): Promise<{ code: number; errors: string }> {
    try {
      this.child.kill(signal);
    } catch {
      // It has ended.
    }
    const { code } = await this.child.status;
    await this.#reading;
    return { code, errors: this.#errors };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end();
  }

  async #read(): Promise<void> {
    let held = "";
    for await (const text of this.child.stdout.pipeThrough(new TextDecoderStream())) {
      const lines = `${held}${text}`.split("\n");
      held = lines.pop()!;
      for (const line of lines) this.lines.push(JSON.parse(line));
      this.#wake();
    }
  }

  async #readErrors(): Promise<void> {
    for await (const text of this.child.stderr.pipeThrough(new TextDecoderStream())) {
      this.#errors += text;
    }
  }
}

/** Deno, its cache and this repository may lie in somebody's home: nobody sees them elsewhere. */
const MOVED = ["deno", "cache", "repository"] as const;
const SCRIPT = 'for name in deno cache repository; do mount --bind "$1" "$0/$name"; shift; done; ' +
  'exec "$@"';

async function sources(): Promise<string[]> {
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["info", "--json"] }).output();
  const { denoDir } = JSON.parse(new TextDecoder().decode(stdout));
  return [Deno.execPath(), denoDir, new URL("../../..", import.meta.url).pathname];
}

async function home(): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "sipban-" });
  await Deno.writeFile(`${folder}/deno`, new Uint8Array());
  for (const name of MOVED.slice(1)) await Deno.mkdir(`${folder}/${name}`);
  await Deno.chown(folder, NOBODY, NOBODY);
  return folder;
}

async function start(host: LabHost, folder: string, ...options: string[]): Promise<Process> {
  const user = [`--reuid=${NOBODY}`, `--regid=${NOBODY}`, "--clear-groups"];
  const rights = ["--inh-caps=+net_raw,+net_admin", "--ambient-caps=+net_raw,+net_admin"];
  const main = `${folder}/repository/sims/sipban/main.ts`;
  const files = [["state", `${folder}/state.sqlite`], [
    "control",
    `${folder}/control.sock`,
  ]] as const;
  const allowed = permissionsOf(readConfig({ options: files }), `${folder}/sipban.yaml`);
  const deno = [`${folder}/deno`, "run", "--no-check", "--no-prompt", ...allowed, main];
  const sipban = [
    "setpriv",
    ...user,
    ...rights,
    ...deno,
    "run",
    ...files.map(([name, path]) => `--${name}=${path}`),
    ...options,
  ];
  // In the mount namespace of `ip netns exec`: it ends with the process.
  const args = ["-ec", SCRIPT, folder, ...await sources(), ...sipban];
  const env = { DENO_DIR: `${folder}/cache`, HOME: folder };
  const child = host.command("sh", args, { env, stdout: "piped", stderr: "piped" }).spawn();
  return new Process(child, folder);
}

async function scene() {
  const host = (last: number) => ({
    links: {
      eth0: { network: "lan", addresses: [`198.51.100.${last}/24`, `2001:db8::${last}/64`] },
    },
  });
  const lab = await Lab.make({
    networks: { lan: {} },
    hosts: { pbx: host(1), attacker: host(66) },
  });
  const folder = await home();
  return {
    lab,
    folder,
    pbx: lab.host("pbx"),
    run: (...more: string[]) => start(lab.host("pbx"), folder, ...more),
    async [Symbol.asyncDispose]() {
      await lab.close();
      await Deno.remove(folder, { recursive: true });
    },
  };
}

/** A connection by which an attacker guesses, and both its ends. */
async function guesser(lab: Lab, hostname = PBX) {
  const listener = lab.host("pbx").listen({ hostname, port: 5060 });
  const client = await lab.host("attacker").connect({ hostname, port: 5060 });
  const server = await listener.accept();
  let serial = 0;
  const head = (first: string) =>
    `${first}\r\nVia: SIP/2.0/TCP ${hostname};branch=z9hG4bK${serial}\r\n` +
    `From: <sip:1001@pbx>;tag=a\r\nTo: <sip:1001@pbx>\r\nCall-ID: ${serial}\r\n` +
    `CSeq: 1 REGISTER\r\nContent-Length: 0\r\n\r\n`;
  const pass = async (from: Deno.Conn, to: Deno.Conn, text: string) => {
    await from.write(new TextEncoder().encode(text));
    for (let left = text.length; left > 0;) left -= (await to.read(new Uint8Array(left)))!;
  };
  return {
    async fail(count: number): Promise<void> {
      for (let i = 0; i < count; i++) {
        serial++;
        await pass(client, server, head(`REGISTER sip:${hostname} SIP/2.0`));
        await pass(server, client, head("SIP/2.0 403 Forbidden"));
      }
    },
    /** The last answer does not come through any more. */
    async failLast(): Promise<void> {
      serial++;
      await pass(client, server, head(`REGISTER sip:${hostname} SIP/2.0`));
      await server.write(new TextEncoder().encode(head("SIP/2.0 403 Forbidden")));
    },
    close() {
      for (const one of [client, server, listener]) one.close();
    },
  };
}

async function until(probe: () => Promise<boolean>, what: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const stop = every(ms(20), () => void probe().then((is) => is && resolve(), reject));
  try {
    await withLimit(promise, LIMIT, () => assert.fail(what));
  } finally {
    stop();
  }
}

const targets = async (process: Process) =>
  (await ask(process.control, { command: "list" }) as { target: string }[])
    .map(({ target }) => target);

/** Requests and answers that it has read. */
function untilRead(process: Process, count: number): Promise<void> {
  const read = async () => {
    const status = await ask(process.control, { command: "status" });
    return (status as { messages: number }).messages >= count;
  };
  return until(read, `${count} messages were not read`);
}

Deno.test({
  name: "the eleventh failure bans, without root; a restart keeps it, once; unban lifts it",
  ignore,
  async fn() {
    await using set = await scene();
    const first = await set.run("--metrics=off");
    await first.said("start");
    const one = await guesser(set.lab);
    await one.fail(10);
    await untilRead(first, 20);
    assert.deepEqual(await targets(first), []);
    await one.failLast();
    const { host, rule, level, seconds: length } = await first.said("ban");
    assert.deepEqual([host, rule, level, length], ["198.51.100.66", "failures", 1, 3600]);
    one.close();
    assert.deepEqual(await first.end("SIGKILL"), { code: 137, errors: "" });
    await using second = await set.run("--metrics=off");
    await second.said("start");
    assert.deepEqual(await targets(second), ["198.51.100.66"]);
    await using nft = await NftSession.open(set.pbx);
    const elements = async () => {
      const list = await nft.query("list set inet sipban ban4");
      return (list.find((item) => "set" in item)!["set"] as { elem?: [] }).elem ?? [];
    };
    assert.equal((await elements()).length, 1);
    await ask(second.control, { command: "unban", target: "198.51.100.66" });
    assert.deepEqual([await elements(), await targets(second)], [[], []]);
    const refused = ask(second.control, { command: "unban", target: "198.51.100.66" });
    await assert.rejects(refused, /Cannot unban "198.51.100.66": it is not banned/);
    await assert.rejects(ask(second.control, { command: "ban", target: PBX }), /it may never be/);
    assert.equal((await second.end()).code, 0);
  },
});

Deno.test({
  name: "metrics, status, reload, a second daemon, and an end that takes all bans with it",
  ignore,
  async fn() {
    await using set = await scene();
    const config = `${set.folder}/sipban.yaml`;
    await Deno.writeTextFile(config, "max-failures: 10\nkeep-bans: false\ninterface: eth0\n");
    await using process = await set.run(`--config=${config}`);
    await process.said("start");
    const one = await guesser(set.lab, "2001:db8::1");
    await one.fail(2);
    await untilRead(process, 4);
    await Deno.writeTextFile(config, "max-failures: 0\nkeep-bans: false\nallow: [203.0.113.7]\n");
    await ask(process.control, { command: "ban", target: "203.0.113.7" });
    process.child.kill("SIGHUP");
    await process.said("reload");
    assert.deepEqual(await targets(process), [], "allowed now");
    const from = process.lines.length;
    await one.failLast();
    assert.equal((await process.said("ban", from)).host, "2001:db8:0:0:0:0:0:66");
    one.close();
    const curl = set.pbx.command("curl", ["-s", "http://127.0.0.1:9117/metrics"]);
    const text = new TextDecoder().decode((await curl.output()).stdout);
    assert.match(text, /^sipban_decisions_total\{type="ban"\} 2$/m);
    assert.match(text, /^sipban_entries\{table="bans"\} 1$/m);
    assert.match(text, /^sipban_latency_seconds_count 3$/m);
    const status = await ask(process.control, { command: "status" }) as { problems: string[] };
    assert.deepEqual(status.problems, []);
    const mode = (await Deno.stat(process.control)).mode! & 0o777;
    assert.equal(mode, 0o600);
    const other = await set.run("--metrics=off");
    const { code, errors } = await other.end("SIGCONT");
    assert.equal(code, 1);
    assert.match(errors, /^Cannot listen on ".*control.sock": a daemon answers there; end it/);
    assert.equal((await process.end("SIGINT")).code, 0);
    await using nft = await NftSession.open(set.pbx);
    const tables = (await nft.query("list tables")).filter((item) => "table" in item);
    assert.deepEqual(tables, []);
  },
});

Deno.test({
  name: "what is flushed comes back; an interface that goes and comes is heard again",
  ignore,
  async fn() {
    await using set = await scene();
    await using process = await set.run("--metrics=off", "--interface=eth0,later0");
    assert.match(
      (await process.said("problem")).text!,
      /Cannot capture on "later0": there is no such/,
    );
    assert.match((await process.said("start")).text!, /^listening on eth0 later0 \(not yet\), own/);
    await ask(process.control, { command: "ban", target: "203.0.113.0/24", seconds: 600 });
    await using nft = await NftSession.open(set.pbx);
    await nft.run("flush ruleset");
    await ask(process.control, { command: "ban", target: "198.51.100.9" });
    const sets = async () => JSON.stringify(await nft.query("list table inet sipban"));
    assert.match(await sets(), /198\.51\.100\.9/);
    assert.match(await sets(), /203\.0\.113\.0/);
    for (const state of ["down", "up"] as const) await set.pbx.setLink("eth0", state);
    for (const line of ["add later0 type bridge", "set later0 up"]) {
      const { success } = await set.pbx.command("ip", ["link", ...line.split(" ")]).output();
      assert.ok(success, line);
    }
    const hears = async () => {
      const status = await ask(process.control, { command: "status" });
      const { interfaces } = status as { interfaces: Record<string, { problem?: string }> };
      return Object.values(interfaces).every(({ problem }) => problem === undefined);
    };
    await until(hears, "later0 is not heard");
    const one = await guesser(set.lab);
    await one.fail(10);
    await one.failLast();
    await until(async () => (await targets(process)).includes("198.51.100.66"), "no ban");
    one.close();
  },
});
