/** Our serial ports on a pseudo-terminal beside node's serialport, the far end the same program. */
import { createHash } from "node:crypto";
import { ROOT } from "hil/cli/paths.ts";
import { findTool } from "hil/cli/tools.ts";
import { type SerialLink, serialLink } from "hil/drivers/serial/mod.ts";
import { hostNow, seconds, withLimit } from "hil/time/mod.ts";
import { alternate, atLeast, atMost, type Benchmark, median, PeerMissing } from "./benchmark.ts";
import { python, spawnPython } from "./python.ts";

const FAR_END = "serial_far_end.py";
const PEER = "serialport@13.0.0";
const LIMIT = seconds(120);
/** Least speed, and the longest that a line may take beyond what the pseudo-terminal takes. */
const MB_A_SECOND = 10;
const ADDED_MS = 1;

/** One measurement; the hash is of all bytes, where there are many. */
interface Measured {
  readonly seconds: number;
  readonly hash?: string;
}

type Mode = "receive" | "send" | "lines";

export const serial: Benchmark = {
  name: "serial",
  title: "a serial port on a pseudo-terminal, beside node's serialport",
  conditions: "@serialport/stream on our binding, in Deno, beside serialport's own in node; the " +
    "far end is a program in Python, and so is the floor of lines: blocking calls alone.",
  async run({ quick, progress }) {
    progress("install the peer");
    const modules = await installPeer();
    const megabytes = quick ? 8 : 64;
    const rounds = quick ? 1 : 5;
    const size = megabytes << 20;
    const rate = async (mode: Mode) => {
      progress(mode);
      return await alternate(rounds, {
        ours: async () => size / 1e6 / (await measured(mode, size, ours)).seconds,
        peer: async () => size / 1e6 / (await measured(mode, size, peerIn(modules))).seconds,
      });
    };
    const received = await rate("receive");
    const sent = await rate("send");
    progress("lines");
    const count = quick ? 200 : 3000;
    const line = await alternate(rounds, {
      floor: async () => 1e3 * (await measured("lines", count, floor)).seconds,
      ours: async () => 1e3 * (await measured("lines", count, ours)).seconds,
      peer: async () => 1e3 * (await measured("lines", count, peerIn(modules))).seconds,
    });
    const name = "serialport in node";
    const figure = (what: string, { ours, peer }: { ours: number; peer: number }) => ({
      ...{ what, unit: "MB/s", ours, peer: { name, value: peer } },
      wanted: atLeast(ours, MB_A_SECOND, "MB/s"),
    });
    const added = line.ours - line.floor;
    return [
      figure(`received, ${megabytes} MiB`, received),
      figure(`sent, ${megabytes} MiB`, sent),
      {
        what: `bytes lost or changed of ${2 * rounds * megabytes} MiB`, // Else it had thrown.
        ...{ unit: "B", ours: 0, wanted: atMost(0, 0, "B") },
      },
      {
        what: "a line there and back, beyond the floor",
        ...{ unit: "ms", ours: added, peer: { name, value: line.peer - line.floor } },
        wanted: atMost(added, ADDED_MS, "ms"),
      },
      { what: "the floor: a line there and back in Python", unit: "ms", ours: line.floor },
    ];
  },
};

type Contestant = (mode: Mode, path: string, amount: number) => Promise<Measured>;

/** Measures against a far end of its own. @throws Error when bytes are missing or others */
async function measured(mode: Mode, amount: number, who: Contestant): Promise<Measured> {
  const far = { receive: ["pour", `${amount}`], send: ["take", `${amount}`], lines: ["echo"] };
  const process = spawnFarEnd(far[mode]);
  try {
    const path = await process.line();
    const late = () => {
      throw new Error(`the ${amount} bytes did not come within ${LIMIT}: some were lost`);
    };
    const result = await withLimit(who(mode, path, amount), LIMIT, late);
    if (result.hash !== undefined && result.hash !== await process.line()) {
      throw new Error(`${mode}: what came is not what was sent`);
    }
    return result;
  } finally {
    await process.end();
  }
}

function spawnFarEnd(args: readonly string[]) {
  const child = spawnPython(FAR_END, args);
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let said = "";
  return {
    async line(): Promise<string> {
      while (!said.includes("\n")) {
        const { value } = await reader.read();
        if (value === undefined) throw new Error(`bench/${FAR_END} has ended`);
        said += value;
      }
      const end = said.indexOf("\n");
      const line = said.slice(0, end);
      said = said.slice(end + 1);
      return line;
    },
    async end(): Promise<void> {
      try {
        child.kill("SIGKILL");
      } catch { /* It has ended: the port hung up. */ }
      await reader.cancel();
      await child.status;
    },
  };
}

const ours: Contestant = async (mode, path, amount) => {
  const link = serialLink({ path, baudHz: 115_200 });
  try {
    await link.opened;
    return await { receive, send, lines }[mode](link, amount);
  } finally {
    await link.close();
  }
};

async function receive(link: SerialLink, size: number): Promise<Measured> {
  const hash = createHash("sha256");
  const began = hostNow();
  await link.write(Uint8Array.of(0x21));
  let count = 0;
  for await (const chunk of link.readable) {
    hash.update(chunk);
    if ((count += chunk.length) >= size) break;
  }
  return { seconds: (hostNow() - began) / 1e9, hash: hash.digest("hex") };
}

async function send(link: SerialLink, size: number): Promise<Measured> {
  const hash = createHash("sha256");
  const chunk = new Uint8Array(64 << 10).fill(0x55);
  const began = hostNow();
  const taken = link.readable.getReader().read();
  for (let sent = 0; sent < size; sent += chunk.length) {
    hash.update(chunk);
    await link.write(chunk);
  }
  await taken;
  return { seconds: (hostNow() - began) / 1e9, hash: hash.digest("hex") };
}

async function lines(link: SerialLink, count: number): Promise<Measured> {
  const reader = link.readable.getReader();
  const taken: number[] = [];
  for (let number = 0; number < count; number++) {
    const line = new TextEncoder().encode(`line ${number} of a console, as they are\n`);
    const began = hostNow();
    await link.write(line);
    let last: number | undefined;
    while (last !== 0x0a) last = (await reader.read()).value?.at(-1);
    taken.push((hostNow() - began) / 1e9);
  }
  return { seconds: median(taken) };
}

const floor: Contestant = async (mode, path, amount) => ({
  seconds: Number(await python(FAR_END, [mode, path, `${amount}`])),
});

function peerIn(modules: string): Contestant {
  return async (...args) => {
    const script = new URL("serial_peer.cjs", import.meta.url).pathname;
    const { success, stdout } = await new Deno.Command("node", {
      args: [script, ...args.map(String)],
      env: { NODE_PATH: modules },
      stdin: "null",
    }).output();
    if (success) return JSON.parse(new TextDecoder().decode(stdout)) as Measured;
    throw new Error("node bench/serial_peer.cjs failed");
  };
}

/** Gives the folder of its modules. @throws PeerMissing */
async function installPeer(): Promise<string> {
  for (const command of ["node", "npm"]) {
    if (findTool(command)) continue;
    throw new PeerMissing(
      `Cannot measure beside "${PEER}": ${command} is not on this machine; ` +
        'run "deno task hil doctor --install"',
    );
  }
  const folder = `${ROOT}/.cache/${PEER}`;
  const { success, stderr } = await new Deno.Command("npm", {
    // It comes with what it needs for this machine: nothing of it is run here to install it.
    args: ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", folder, PEER],
    stdin: "null",
    stdout: "null",
  }).output();
  if (success) return `${folder}/node_modules`;
  const said = new TextDecoder().decode(stderr).trim().split("\n").at(-1);
  throw new PeerMissing(
    `Cannot measure beside "${PEER}": npm does not install it ("${said}"); ` +
      "connect this machine to npm's registry",
  );
}
