/** What the guest's own tests run it in: QEMU, drives in memory, and the protocol in few words. */
import assert from "node:assert/strict";
import { crc32 } from "node:zlib";
import { HostClock } from "hil/drivers/host_clock.ts";
import { MemoryStore, NbdServer } from "hil/drivers/nbd/mod.ts";
import { fastPc, type Firmware, Qemu, type QemuContext } from "hil/drivers/qemu/mod.ts";
import type { ByteLink } from "hil/ports/mod.ts";
import { seconds, withLimit } from "hil/time/mod.ts";
import { Timeline } from "hil/trace/mod.ts";
import { buildGuest } from "./build.ts";

export interface MachineOptions {
  readonly firmware?: Firmware;
  /** Drives in blocks, 0 for none. */
  readonly sizes?: readonly number[];
}

/** Starts the guest, waits until it is ready, runs `body`, and leaves nothing behind. */
export async function onMachine(
  { firmware, sizes = [4096, 4096, 4096, 4096] }: MachineOptions,
  body: (machine: Machine) => Promise<void>,
): Promise<void> {
  const tempDir = await Deno.makeTempDir();
  const undo: (() => void | Promise<void>)[] = [() => Deno.remove(tempDir, { recursive: true })];
  try {
    const there = [0, 1, 2, 3].filter((drive) => sizes[drive]! > 0);
    const drives = there.map((drive) => ({
      name: `${drive}`,
      store: new MemoryStore(sizes[drive]!),
    }));
    const server = new NbdServer({ path: `${tempDir}/nbd`, drives });
    undo.push(() => server.close());
    const disks = there.map((drive) => ({
      bus: `ide.${drive >> 1}`,
      unit: drive & 1,
      source: { nbd: server.path, export: `${drive}` },
    }));
    const timeline = new Timeline({ write: () => {} });
    const clock = timeline.clock = new HostClock(timeline);
    const defer = (_: string, done: () => void | Promise<void>) => void undo.push(done);
    const context: QemuContext = { tempDir, timeline, clock, processEnv: {}, defer };
    const { kernel } = await buildGuest();
    const serials = [{ name: "com1" }];
    const options = { ...fastPc(firmware), memoryMiB: 16, kernel, serials, disks };
    const qemu = await Qemu.start(options, context);
    const machine = new Machine(qemu.serial("com1"), server);
    await machine.until(() => machine.events.length > 0, "the event `ready`");
    await body(machine);
  } finally {
    for (const done of undo.reverse()) await done();
  }
}

export class Machine {
  /** All lines that came, without their ends. */
  readonly lines: string[] = [];
  /** Texts of the events that came. */
  readonly events: string[] = [];
  /** Why the console ended. */
  end: Error | "closed" | undefined;
  #seq = 0;
  #rest = "";
  #changed: () => void = () => {};

  constructor(private readonly link: ByteLink, readonly server: NbdServer) {
    this.#read();
  }

  /** Sends bytes as they are. */
  async send(text: string): Promise<void> {
    await this.link.write(bytesOf(text));
  }

  /** Runs a command; gives its lines and the rest of its last one: status and reason. */
  async run(command: string): Promise<{ lines: string[]; status: string }> {
    const seq = ++this.#seq;
    const from = this.lines.length;
    await this.send(`>${seq} ${crcOf(`${seq} ${command}`)} ${command}\n`);
    const own = () => this.lines.slice(from);
    const isEnd = (line: string) => line.startsWith(`=${seq} `);
    await this.until(() => own().some(isEnd), `the answer to "${command}"`);
    const lines = own().filter((line) => line.startsWith("<")).map((line, i) => {
      const [, head, text] = intact(line, /^<(\d+\.\d+) \d+ \w{8} (.*)$/);
      assert.equal(head, `${seq}.${i}`);
      return text!;
    });
    const [, count, status] = intact(own().find(isEnd)!, /^=\d+ (\d+) \w{8} (.*)$/);
    assert.equal(Number(count), lines.length);
    return { lines, status: status! };
  }

  /** Runs a command that starts a thread; gives the thread's number. */
  async start(command: string): Promise<string> {
    const { lines, status } = await this.run(command);
    assert.equal(status, "0", command);
    return lines[0]!.match(/^thread (\d+)$/)![1]!;
  }

  /** Runs a command to the end of its thread; gives what that says after "done". */
  async finish(command: string): Promise<string> {
    return await this.done(await this.start(command));
  }

  async done(thread: string): Promise<string> {
    const start = `${thread} done `;
    return (await this.event((text) => text.startsWith(start), start)).slice(start.length);
  }

  async event(wanted: (text: string) => boolean, what: string): Promise<string> {
    await this.until(() => this.events.some(wanted), what);
    return this.events.find(wanted)!;
  }

  /** `name value` lines as an object. */
  async statistics(): Promise<Record<string, number>> {
    const { lines } = await this.run("stats");
    return Object.fromEntries(lines.map((line) => line.split(" ")).map(([k, v]) => [k, Number(v)]));
  }

  /** Waits until something is true that what comes on the console may make true. */
  async until(condition: () => boolean, what: string): Promise<void> {
    while (!condition()) {
      const tail = () => this.lines.slice(-12).join("\n");
      if (this.end) throw new Error(`the console ended before ${what}:\n${tail()}`);
      const change = new Promise<void>((resolve) => this.#changed = resolve);
      await withLimit(change, seconds(8), () => assert.fail(`waited for ${what}:\n${tail()}`));
    }
  }

  async #read(): Promise<void> {
    try {
      for await (const chunk of this.link.readable) {
        this.#rest += String.fromCharCode(...chunk);
        const lines = this.#rest.split("\n");
        this.#rest = lines.pop()!;
        for (const line of lines) this.#take(line.replace(/\r$/, ""));
        this.#changed();
      }
      this.end = "closed";
    } catch (error) {
      this.end = error as Error;
    }
    this.#changed();
  }

  #take(line: string): void {
    this.lines.push(line);
    if (!line.startsWith("!")) return;
    const [, k, text] = intact(line, /^!(\d+) \d+ \w{8} (.*)$/);
    assert.equal(Number(k), this.events.length + 1, "events without gaps");
    this.events.push(text!);
  }
}

/** A framed line cut up into head and text, after its length and CRC were found right. */
function intact(line: string, shape: RegExp): RegExpMatchArray {
  const match = line.match(shape);
  assert.ok(match, `the form of "${line}"`);
  const [, head, text] = match;
  const isEnd = line.startsWith("=");
  const [, second, crc] = line.split(" ");
  const checked = isEnd ? `${line.slice(1).split(" ", 2).join(" ")} ${text}` : `${head} ${text}`;
  assert.equal(crc, crcOf(checked), `the CRC of "${line}"`);
  if (!isEnd) assert.equal(Number(second), text!.length, `the length of "${line}"`);
  return match;
}

/** Of a text of bytes, one character each. */
export function crcOf(text: string): string {
  return crc32(bytesOf(text)).toString(16).padStart(8, "0");
}

function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text, (c) => c.charCodeAt(0));
}

/** A block of 128 equal little-endian dwords. */
export function stamped(stamp: number): Uint8Array<ArrayBuffer> {
  const block = new DataView(new ArrayBuffer(512));
  for (let at = 0; at < 512; at += 4) block.setUint32(at, stamp, true);
  return new Uint8Array(block.buffer);
}
