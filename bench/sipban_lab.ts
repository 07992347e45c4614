/**
 * Where bans are measured: a PBX that refuses, attackers that guess, invented refusals beside them, and
 * one look at the wire and at the packet filter for whoever bans.
 */
import type { Socket } from "node:dgram";
import { fileURLToPath } from "node:url";
import { Capture, decodePacket, formatAddress } from "hil/drivers/pcap/mod.ts";
import { Lab, type LabHost } from "hil/drivers/lab/mod.ts";
import { seconds, timer, wallClock, withLimit } from "hil/time/mod.ts";
import type { Flooded } from "sims/sip/flood/mod.ts";
import type { Contestant } from "./sipban_contestants.ts";

const PBX = "198.51.100.1";
const PORT = 5060;
const LIMIT = seconds(5);

export class BanLab {
  readonly #capture: Capture;
  /** Of the latest answer to each attacker, and when the filter said its name: calendar time. */
  readonly #answeredNs = new Map<string, number>();
  readonly #bannedNs = new Map<string, number>();
  readonly #monitor: Deno.ChildProcess;
  readonly #pbx: Socket;
  readonly #reading: Promise<unknown>[];
  #wake: () => void = () => {};
  #attackers = 0;

  private constructor(private readonly lab: Lab) {
    this.#capture = Capture.open({
      interface: "eth0",
      namespace: this.host.namespace,
      filter: `udp and src host ${PBX} and dst net 203.0.113.0/24`,
    });
    this.#monitor = this.host.command("nft", ["monitor"], { stdout: "piped", stderr: "null" })
      .spawn();
    this.#pbx = this.host.bindDatagram({ hostname: PBX, port: PORT });
    this.#pbx.on("message", (bytes, from) => {
      this.#pbx.send(answerTo(`${bytes}`), from.port, from.address);
    });
    this.#reading = [this.#watchWire(), this.#watchFilter()];
  }

  static async make(): Promise<BanLab> {
    const lab = await Lab.make({
      networks: { lan: {} },
      hosts: {
        pbx: {
          links: { eth0: { network: "lan", addresses: [`${PBX}/24`] } },
          routes: { "203.0.113.0/24": "eth0", "100.64.0.0/10": "eth0" },
        },
        outside: {
          links: { eth0: { network: "lan", addresses: ["198.51.100.200/24"] } },
          routes: { "203.0.113.0/24": "local" },
        },
      },
    });
    return new BanLab(lab);
  }

  get host(): LabHost {
    return this.lab.host("pbx");
  }

  /** Refusals to a million invented hosts, seen on the PBX's link; its process can be killed. */
  flood(options: { perSecond?: number; seconds: number }): {
    done: Promise<Flooded | undefined>;
    kill(): void;
  } {
    const shape = {
      ...{ namespace: this.host.namespace, interface: "eth0", kind: "401", pbx: PBX },
      ...{ from: "100.64.0.0", sources: 1_000_000, targetMac: "02:00:00:00:00:99" },
      ...{ count: 100_000_000, seed: 7, ...options },
    };
    const script = fileURLToPath(new URL("sipban_flood.ts", import.meta.url));
    const args = ["run", "-A", "--no-check", script, JSON.stringify(shape)];
    const child = new Deno.Command(Deno.execPath(), { args, stdout: "piped" }).spawn();
    const done = child.output().then(({ success, stdout }) =>
      success ? JSON.parse(new TextDecoder().decode(stdout)) as Flooded : undefined
    );
    return { done, kill: () => child.kill("SIGKILL") };
  }

  /** Milliseconds from the decisive answer on the wire to the rule; undefined: there was none in time. */
  async attack(contestant: Contestant): Promise<number | undefined> {
    const address = `203.0.113.${1 + this.#attackers++ % 250}`;
    this.#answeredNs.delete(address);
    this.#bannedNs.delete(address);
    const socket = this.lab.host("outside").bindDatagram({ hostname: address, port: PORT });
    try {
      for (let n = 1; n <= contestant.decisive; n++) {
        if (!await exchanged(socket, address, n)) return undefined;
        if (n > 1) contestant.log(logLine(address));
      }
    } finally {
      socket.close();
    }
    const both = async () => {
      while (!this.#bannedNs.has(address) || !this.#answeredNs.has(address)) {
        await new Promise<void>((resolve) => this.#wake = resolve);
      }
      return (this.#bannedNs.get(address)! - this.#answeredNs.get(address)!) / 1e6;
    };
    return await withLimit<number | undefined>(both(), LIMIT, () => undefined);
  }

  async close(): Promise<void> {
    this.#pbx.close();
    await this.#capture.close();
    this.#monitor.kill("SIGKILL");
    await Promise.all(this.#reading);
    await this.lab.close();
  }

  async #watchWire(): Promise<void> {
    for await (const packet of this.#capture) {
      const to = decodePacket(packet)?.ip.destination;
      if (to) {
        this.#answeredNs.set(formatAddress(to), packet.seconds * 1e9 + packet.nanoseconds);
      }
      this.#wake();
    }
  }

  async #watchFilter(): Promise<void> {
    for await (const text of this.#monitor.stdout.pipeThrough(new TextDecoderStream())) {
      const { seconds, nanoseconds } = this.#capture.now();
      for (const [address] of text.matchAll(/203\.0\.113\.\d+(?=[ ,}\/])/g)) {
        if (!this.#bannedNs.has(address)) {
          this.#bannedNs.set(address, seconds * 1e9 + nanoseconds);
        }
      }
      this.#wake();
    }
  }
}

/** A request, and its answer; repeated as RFC 3261 has it, as an answer may be lost. */
async function exchanged(socket: Socket, address: string, cseq: number): Promise<boolean> {
  for (let tries = 0; tries < 5; tries++) {
    socket.send(requestOf(address, cseq), PORT, PBX);
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const isIt = (bytes: Uint8Array) => {
      if (new TextDecoder().decode(bytes).includes(`CSeq: ${cseq} `)) resolve(true);
    };
    socket.on("message", isIt);
    const answered = await withLimit(promise, seconds(0.5), () => false);
    socket.off("message", isIt);
    if (answered) return true;
  }
  return false;
}

/** The first without credentials, then one guess after the other with the nonce that was given. */
function requestOf(address: string, cseq: number): string {
  const response = `${cseq}`.padStart(32, "0");
  return [
    `REGISTER sip:${PBX} SIP/2.0`,
    `Via: SIP/2.0/UDP ${address}:5060;branch=z9hG4bK${address}-${cseq}`,
    "Max-Forwards: 70",
    `From: <sip:1001@${PBX}>;tag=${address}`,
    `To: <sip:1001@${PBX}>`,
    `Call-ID: ${address}`,
    `CSeq: ${cseq} REGISTER`,
    `Contact: <sip:1001@${address}>`,
    ...cseq === 1 ? [] : [
      `Authorization: Digest username="1001",realm="asterisk",nonce="n${address}",` +
      `uri="sip:${PBX}",response="${response}"`,
    ],
    "Content-Length: 0",
    "\r\n",
  ].join("\r\n");
}

/** As chan_sip answers: 401 to who has no credentials, 403 to wrong ones. */
function answerTo(request: string): string {
  const isGuess = request.includes("\r\nAuthorization:");
  const same = request.split("\r\n").filter((line) => /^(Via|From|To|Call-ID|CSeq):/.test(line));
  const id = /^Call-ID: (.*)$/m.exec(request)?.[1];
  return [
    isGuess ? "SIP/2.0 403 Forbidden" : "SIP/2.0 401 Unauthorized",
    ...same,
    ...isGuess ? [] : [`WWW-Authenticate: Digest realm="asterisk",nonce="n${id}",algorithm=MD5`],
    "Content-Length: 0",
    "\r\n",
  ].join("\r\n");
}

/** As chan_sip writes a wrong password, in the moment of the answer: the best that can happen. */
export function logLine(address: string): string {
  return `[${stamp()}] NOTICE[42][C-00000001] chan_sip.c: Registration from '<sip:1001@${PBX}>' ` +
    `failed for '${address}:5060' - Wrong password\n`;
}

function stamp(): string {
  const now = wallClock();
  // Of this machine's zone, as programs write logs.
  const local = new Date(now.getTime() - now.getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 19).replace("T", " ");
}

/** What a process used since it began: microseconds of processors, and bytes of memory now. */
export function usageOf(pid: number): { readonly cpuUs: number; readonly rssMb: number } {
  // Deno may not look into `/proc` itself without --allow-all.
  const { stdout } = new Deno.Command("cat", { args: [`/proc/${pid}/stat`, `/proc/${pid}/status`] })
    .outputSync();
  const text = new TextDecoder().decode(stdout);
  const fields = text.slice(0, text.indexOf("\n")).replace(/^.*\) /, "").split(" ");
  const pages = /^VmRSS:\s+(\d+) kB/m.exec(text)![1];
  // Fields 14 and 15 of proc(5), in ticks of 10 ms.
  return { cpuUs: (Number(fields[11]) + Number(fields[12])) * 1e4, rssMb: Number(pages) / 1e3 };
}

export function pause(length: number): Promise<void> {
  return new Promise<void>((resolve) => void timer(seconds(length), resolve));
}
