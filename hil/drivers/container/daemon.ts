/**
 * Where the container engine is: the one that DOCKER_HOST names, the machine's own, or a private
 * `dockerd` that root starts for this repository. That one stays for the next run (its start takes
 * half a second, and others may use it at the same time); {@link stopDaemon} ends it. Its images are
 * in `.cache/docker`; its socket is in /run, since the path of one may have 107 bytes.
 */
import { existsSync } from "node:fs";
import type { Availability, Tool } from "../../bench/mod.ts";
import { seconds, withLimit } from "../../time/mod.ts";
import { commandLine } from "../marked_processes.ts";
import { Engine } from "./engine.ts";
import { ContainerError } from "./error.ts";

const USUAL = "/var/run/docker.sock";
const DOCKERD = "/usr/sbin/dockerd";
const ROOT = new URL("../../../", import.meta.url).pathname;
/** Images are unpacked, and nothing else: a start that takes longer has failed. */
const START_LIMIT = seconds(30);
const REMEDY =
  "start Docker, name its socket in DOCKER_HOST, or as root: apt-get install docker.io";

/** What this machine lacks for an engine: nothing where it has one, however that was installed. */
export function engineTools(): readonly Tool[] {
  if (Deno.env.get("DOCKER_HOST") || existsSync(USUAL)) return [];
  return [{ command: DOCKERD, debianPackage: "docker.io", purpose: "runs containers" }];
}

interface Daemon {
  readonly socket: string;
  /** Says whether it is the private one. */
  readonly own: boolean;
}

/** Whether there is an engine, or one can be started; nothing is started for the answer. */
export async function engineAvailable(): Promise<Availability> {
  const found = await runningEngine();
  if ("socket" in found) return { ok: true, versions: { docker: await versionOf(found.socket) } };
  if (await canStart()) return { ok: true };
  return { ok: false, reason: found.reason, remedy: REMEDY };
}

/**
 * An engine that answers; starts the private one when there is no other.
 *
 * @throws ContainerError when there is none and none can be started
 */
export async function openEngine(): Promise<Engine> {
  const found = await runningEngine();
  if ("socket" in found) return new Engine(found.socket);
  if (!await canStart()) {
    throw new ContainerError(`Cannot find a container engine: ${found.reason}; ${REMEDY}`);
  }
  await startDaemon();
  return new Engine((await ownPlaces()).socket);
}

/** The first that answers, or why none does. */
async function runningEngine(): Promise<Daemon | { readonly reason: string }> {
  const named = Deno.env.get("DOCKER_HOST");
  if (named) {
    const socket = /^unix:\/\/(\/.+)$/.exec(named)?.[1];
    if (socket === undefined) {
      return { reason: `DOCKER_HOST is "${named}", and only unix:///… is on this machine` };
    }
    if (await answers(socket)) return { socket, own: false };
    return { reason: `no engine answers at "${socket}", which DOCKER_HOST names` };
  }
  if (await answers(USUAL)) return { socket: USUAL, own: false };
  const { socket } = await ownPlaces();
  if (await answers(socket)) return { socket, own: true };
  return { reason: `no container engine answers at "${USUAL}"` };
}

async function canStart(): Promise<boolean> {
  return !Deno.env.get("DOCKER_HOST") && Deno.uid() === 0 && await exists(DOCKERD);
}

async function answers(socket: string): Promise<boolean> {
  if (!await exists(socket)) return false;
  return await versionOf(socket).then(() => true, () => false);
}

async function versionOf(socket: string): Promise<string> {
  const engine = new Engine(socket);
  try {
    return await withLimit(engine.version(), START_LIMIT, () => {
      throw new ContainerError(
        `Cannot ask the engine at "${socket}": nothing came within ${START_LIMIT}; restart it`,
      );
    });
  } finally {
    engine.close();
  }
}

/** Of the private one: a cache of the repository has its own, checkouts that share one share it. */
async function ownPlaces() {
  const cache = `${ROOT}.cache`;
  // It may be a link; or not be there yet.
  const data = `${await Deno.realPath(cache).catch(() => cache)}/docker`;
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(data));
  const run = `/run/hil-docker-${new Uint8Array(hash, 0, 6).toHex()}`;
  return { run, data, socket: `${run}/docker.sock`, log: `${run}/log` };
}

/** Starts it, or waits for one that somebody else is starting. */
async function startDaemon(): Promise<void> {
  const { run, data, socket, log } = await ownPlaces();
  for (const folder of [run, data]) await Deno.mkdir(folder, { recursive: true, mode: 0o711 });
  await forgetKilled();
  // A session of its own, and no mark of this run: it is to outlive it. What it mounts is seen by
  // nobody else and is gone with it, even when it is killed. dockerd writes to no file.
  const script = 'exec setsid unshare --mount --propagation slave "$@" >>"$0" 2>&1 </dev/null';
  const child = new Deno.Command("sh", {
    args: ["-c", script, log, DOCKERD, ...await argumentsOf()],
    clearEnv: true,
    env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin" },
    ...{ stdin: "null", stdout: "null", stderr: "null" },
  }).spawn();
  child.unref();
  const failed = child.status.then(async ({ code }) => {
    // Two that start at once: the second one ends, and the first one's socket comes.
    if (await answers(socket)) return;
    throw new ContainerError(
      `Cannot start a container engine: dockerd ended with ${code} and said ` +
        `"${await lastWords(log)}"; the whole is in "${log}"`,
    );
  });
  await withLimit(Promise.race([failed, socketThere(run, socket)]), START_LIMIT, () => {
    throw new ContainerError(
      `Cannot start a container engine: dockerd does not listen after ${START_LIMIT}; ` +
        `look into "${log}"`,
    );
  });
  // It takes connections before it can answer, and answers then.
  await versionOf(socket);
}

/**
 * dockerd takes the pid files of killed ones for running ones as long as nobody has waited for them:
 * it waits for such a containerd in vain, and does not start beside such a dockerd.
 */
async function forgetKilled(): Promise<void> {
  const { run } = await ownPlaces();
  for (const file of [`${run}/pid`, `${run}/exec/containerd/containerd.pid`]) {
    const pid = Number(await Deno.readTextFile(file).catch(() => "0"));
    // Either has its folder in its arguments.
    if (pid === 0 || commandLine(pid).some((word) => word.includes(run))) continue;
    await Deno.remove(file);
  }
}

async function argumentsOf(): Promise<string[]> {
  const { run, data, socket } = await ownPlaces();
  const no = ["iptables", "ip6tables", "ip-forward", "ip-masq", "userland-proxy"];
  return [
    ...["--data-root", data, "--exec-root", `${run}/exec`, "--pidfile", `${run}/pid`],
    ...["--host", `unix://${socket}`, "--bridge", "none"],
    ...no.map((name) => `--${name}=false`),
  ];
}

async function socketThere(folder: string, socket: string): Promise<void> {
  const watcher = Deno.watchFs(folder, { recursive: false });
  try {
    // What a killed one has left answers to nobody, and is made anew.
    if (await answers(socket)) return;
    for await (const _ of watcher) if (await answers(socket)) return;
  } finally {
    watcher.close();
  }
}

async function lastWords(log: string): Promise<string> {
  const text = await Deno.readTextFile(log).catch(() => "");
  return text.trim().split("\n").at(-1)?.replaceAll('"', "'") ?? "";
}

/** Ends the private engine, if it runs, with all containers; gives whether it did. */
export async function stopDaemon(): Promise<boolean> {
  const { run, socket } = await ownPlaces();
  if (!await answers(socket)) return false;
  const pid = Number(await Deno.readTextFile(`${run}/pid`));
  const watcher = Deno.watchFs(run, { recursive: false });
  try {
    Deno.kill(pid, "SIGTERM");
    // It removes its socket and its pid file at its end.
    if (await exists(`${run}/pid`)) {
      for await (const _ of watcher) if (!await exists(`${run}/pid`)) break;
    }
  } finally {
    watcher.close();
  }
  return true;
}

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}
