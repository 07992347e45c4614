/** WebSockets: echoes beside npm `ws` and Deno's own, masking, memory of idle connections. */
import { hostNow, pause, seconds } from "hil/time/mod.ts";
import { ECHO_SERVERS } from "sims/websocket/conformance/echo_servers.ts";
import { runTable } from "sims/websocket/conformance/table.ts";
import { encodeRawFrame, mask, type RawFrame } from "sims/websocket/core/mod.ts";
import { alternate, atLeast, atMost, type Benchmark, type BenchmarkContext } from "./benchmark.ts";
import { type Figure, median } from "./benchmark.ts";

const PEERS = { ws: "npm ws in Deno", deno: "Deno.upgradeWebSocket" } as const;
/** Of our echoes to those of the peer. */
const WANTED = { ws: 1, deno: 0.7 } as const;
const IDLE = { full: 10_000, quick: 500 };

interface Load {
  readonly what: string;
  readonly payload: string | Uint8Array;
  readonly connections: number;
  /** Of each connection. */
  readonly inFlight: number;
}

const TEXT = "0123456789abcdef".repeat(4);
const BLOCK = new Uint8Array(65536).fill(0xa5);
const LOADS: readonly Load[] = [
  { what: "64 B text, 1 connection", payload: TEXT, connections: 1, inFlight: 16 },
  { what: "64 B text, 100 connections", payload: TEXT, connections: 100, inFlight: 1 },
  { what: "64 KiB binary, 1 connection", payload: BLOCK, connections: 1, inFlight: 4 },
  { what: "64 KiB binary, 100 connections", payload: BLOCK, connections: 100, inFlight: 1 },
];

export const websocket: Benchmark = {
  name: "websocket",
  title: "echoes of a WebSocket server, beside npm ws and Deno's own",
  conditions:
    "each server warm and in a process of its own, all loaded by one client that neither " +
    "parses nor makes frames; 16 (64 B) or 4 (64 KiB) in flight at 1 connection, 1 each at 100",
  run: measure,
};

async function measure({ quick, progress, note }: BenchmarkContext): Promise<readonly Figure[]> {
  const figures: Figure[] = [maskFigure(quick)];
  const servers = { ours: await start("ours"), ws: await start("ws"), deno: await start("deno") };
  try {
    for (const load of LOADS) {
      progress(load.what);
      figures.push(...await echoFigures(load, servers, { quick, note }));
    }
  } finally {
    for (const server of Object.values(servers)) await server.stop();
  }
  progress("idle connections");
  figures.push(await idleFigure(quick));
  progress("the conformance suite");
  figures.push(await suiteFigure());
  return figures;
}

/** All cases, against our own server. */
async function suiteFigure(): Promise<Figure> {
  const server = await ECHO_SERVERS.ours();
  const begun = hostNow();
  const rows = await runTable({ role: "server", server });
  const tookS = (hostNow() - begun) / 1e9;
  await server.stop();
  const wanted = atMost(tookS, 30, "s");
  return { what: `${rows.length} cases of the conformance suite`, unit: "s", ours: tookS, wanted };
}

async function echoFigures(
  load: Load,
  servers: Readonly<Record<"ours" | keyof typeof PEERS, Server>>,
  { quick, note }: Pick<BenchmarkContext, "quick" | "note">,
): Promise<Figure[]> {
  // Many short turns: what else the machine does then meets all alike.
  const limit = seconds(quick ? 0.3 : 0.5);
  const cpu = new Map<Server, number[]>(Object.values(servers).map((server) => [server, []]));
  const run = (server: Server) => async () => {
    const before = await server.cpuNs();
    const { count, tookS } = await echoes(server.url, load, limit.ns);
    cpu.get(server)!.push((await server.cpuNs() - before) / count / 1e3);
    return count / tookS;
  };
  for (const server of Object.values(servers)) await run(server)(); // Warms it up.
  const taken = await alternate(quick ? 1 : 11, {
    ours: run(servers.ours),
    ws: run(servers.ws),
    deno: run(servers.deno),
  });
  const used = Object.entries(servers)
    .map(([name, server]) => `${name} ${median(cpu.get(server)!).toPrecision(2)}`);
  note(`${load.what}, µs of the server's processor for an echo: ${used.join(", ")}`);
  return (["ws", "deno"] as const).map((peer) => ({
    what: load.what,
    unit: "echoes/s",
    ours: taken.ours,
    peer: { name: PEERS[peer], value: taken[peer] },
    wanted: {
      text: `≥ ${WANTED[peer]} × peer`,
      met: taken.ours >= WANTED[peer] * taken[peer],
    },
  }));
}

/** Echoes in a time, once all connections are open. */
async function echoes(
  url: string,
  load: Load,
  limitNs: number,
): Promise<{ count: number; tookS: number }> {
  const opcode = typeof load.payload === "string" ? 1 : 2;
  const frame: RawFrame = { opcode, payload: load.payload };
  const request = encodeRawFrame(frame);
  const answerBytes = encodeRawFrame({ ...frame, mask: "none" }).length;
  const conns = await Promise.all(
    Array.from({ length: load.connections }, () => open(url)),
  );
  const begun = hostNow();
  const counts = await Promise.all(conns.map(async (conn) => {
    const buffer = new Uint8Array(256 * 1024);
    const burst = repeated(request, load.inFlight);
    let sending = conn.write(burst).then((n) => writeRest(conn, burst, n));
    let bytes = 0;
    let answered = 0;
    while (hostNow() - begun < limitNs) {
      const count = await conn.read(buffer);
      if (count === null) throw new Error(`Cannot measure ${url}: it has hung up`);
      bytes += count;
      const whole = Math.floor(bytes / answerBytes);
      const more = burst.subarray(0, (whole - answered) * request.length);
      answered = whole;
      if (more.length > 0) {
        sending = sending.then(() => conn.write(more)).then((n) => writeRest(conn, more, n));
      }
    }
    await sending;
    return answered;
  }));
  const tookS = (hostNow() - begun) / 1e9;
  for (const conn of conns) conn.close();
  return { count: counts.reduce((sum, count) => sum + count), tookS };
}

async function writeRest(conn: Deno.Conn, bytes: Uint8Array, from: number): Promise<void> {
  for (let at = from; at < bytes.length;) at += await conn.write(bytes.subarray(at));
}

function repeated(bytes: Uint8Array, times: number): Uint8Array {
  const all = new Uint8Array(bytes.length * times);
  for (let i = 0; i < times; i++) all.set(bytes, i * bytes.length);
  return all;
}

/** A connection on which frames can be sent. */
async function open(url: string): Promise<Deno.TcpConn> {
  const { hostname, port, host } = new URL(url);
  const conn = await Deno.connect({ hostname, port: Number(port) });
  conn.setNoDelay(true);
  const head = `GET / HTTP/1.1\r\nHost: ${host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
  await writeRest(conn, new TextEncoder().encode(head), 0);
  const buffer = new Uint8Array(1024);
  let answer = "";
  while (!answer.endsWith("\r\n\r\n")) {
    const count = await conn.read(buffer);
    if (count === null) throw new Error(`Cannot open a WebSocket at ${url}: it has hung up`);
    answer += new TextDecoder().decode(buffer.subarray(0, count));
  }
  return conn;
}

interface Server {
  readonly url: string;
  /** Resident, in bytes. */
  memory(): Promise<number>;
  /** That it has used of processors. */
  cpuNs(): Promise<number>;
  stop(): Promise<void>;
}

async function start(kind: string): Promise<Server> {
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--quiet", "--no-check", "--allow-net", "--allow-env", "--allow-read"],
      ...[new URL("./websocket_server.ts", import.meta.url).pathname, kind],
    ],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const lines = child.stdout.getReader();
  const writer = child.stdin.getWriter();
  const numbers = async () =>
    new TextDecoder().decode((await lines.read()).value).split(" ").map(Number);
  const ask = async () => {
    await writer.write(new TextEncoder().encode("?\n"));
    return await numbers();
  };
  return {
    url: `ws://127.0.0.1:${(await numbers())[0]}`,
    memory: async () => (await ask())[0]!,
    cpuNs: async () => (await ask())[1]! * 1000,
    stop: async () => {
      await writer.close();
      await lines.cancel();
      await child.status;
    },
  };
}

/** What a server of ours takes when so many are connected and say nothing. */
async function idleFigure(quick: boolean): Promise<Figure> {
  const count = quick ? IDLE.quick : IDLE.full;
  const taken = async (kind: string) => {
    const server = await start(kind);
    const conns: Deno.Conn[] = [];
    try {
      while (conns.length < count) {
        conns.push(...await Promise.all(Array.from({ length: 50 }, () => open(server.url))));
      }
      await pause(seconds(1));
      return await server.memory() / 1e6;
    } finally {
      for (const conn of conns) conn.close();
      await server.stop();
    }
  };
  const [ours, ws] = [await taken("ours"), await taken("ws")];
  return {
    what: `${count} idle connections, the whole process`,
    unit: "MB",
    ours,
    peer: { name: PEERS.ws, value: ws },
    wanted: atMost(ours, 200, "MB"),
  };
}

function maskFigure(quick: boolean): Figure {
  const bytes = new Uint8Array(1 << 20);
  const rounds = quick ? 100 : 1000;
  const rates = Array.from({ length: 5 }, () => {
    const begun = hostNow();
    // At an odd address, as payloads are.
    for (let i = 0; i < rounds; i++) mask(bytes.subarray(1), 0x12345678, i);
    return rounds * (bytes.length - 1) / (hostNow() - begun);
  });
  const rate = median(rates);
  return { what: "masking 1 MiB", unit: "GB/s", ours: rate, wanted: atLeast(rate, 1, "GB/s") };
}
