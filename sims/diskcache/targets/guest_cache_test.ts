import assert from "node:assert/strict";
import { crc32 } from "node:zlib";
import { type ByteLink, ms } from "hil";
import { HostClock } from "hil/drivers/host_clock.ts";
import { Timeline } from "hil/trace/mod.ts";
import { errorOf, soon } from "./_bench.ts";
import { GuestCache, type GuestSideDrives } from "./guest_cache.ts";

/** A guest by hand: what is said to it, and what it says, in checked lines. */
class HandGuest {
  readonly link: ByteLink;
  readonly commands: string[] = [];
  #controller!: ReadableStreamDefaultController<Uint8Array>;
  #events = 0;
  #held = "";

  /** @param answer gives the lines of an answer, or a status and why */
  constructor(private readonly answer: (command: string, guest: HandGuest) => string[] | string) {
    this.link = {
      readable: new ReadableStream({ start: (given) => void (this.#controller = given) }),
      write: (data) => {
        this.#take(new TextDecoder().decode(data));
        return Promise.resolve();
      },
      close: () => Promise.resolve(),
    };
  }

  /** Says an event; goes out with what is said next when `held`. */
  event(text: string, options: { held?: boolean } = {}): void {
    const k = ++this.#events;
    this.say(`!${k} ${text.length} ${check(`${k} ${text}`)} ${text}\r\n`, options);
  }

  say(text: string, { held = false }: { held?: boolean } = {}): void {
    this.#held += text;
    if (held) return;
    this.#controller.enqueue(new TextEncoder().encode(this.#held));
    this.#held = "";
  }

  end(error?: Error): void {
    if (error) this.#controller.error(error);
    else this.#controller.close();
  }

  #take(line: string): void {
    const [, seq, command] = line.match(/^>(\d+) [0-9a-f]{8} (.*)\n$/)!;
    if (command !== "hello") this.commands.push(command!);
    const answer = command === "hello" ? [] : this.answer(command!, this);
    const lines = typeof answer === "string" ? [] : answer;
    lines.forEach((text, at) => {
      const head = `${seq}.${at}`;
      this.say(`<${head} ${text.length} ${check(`${head} ${text}`)} ${text}\r\n`, { held: true });
    });
    const status = typeof answer === "string" ? answer : "0";
    const head = `${seq} ${lines.length}`;
    this.say(`=${head} ${check(`${head} ${status}`)} ${status}\r\n`);
  }
}

function check(text: string): string {
  return crc32(text).toString(16).padStart(8, "0");
}

function setUp(answer: ConstructorParameters<typeof HandGuest>[0]) {
  const timeline = new Timeline({ write: () => {} });
  const clock = timeline.clock = new HostClock(timeline, "diskcache");
  const failure = Promise.withResolvers<Error>();
  timeline.onFailure(failure.resolve);
  const told: string[] = [];
  const drives = {
    sizes: [64, 64, 0, 0],
    begin: () => void told.push("begin"),
    resetChannel: (drive: number) => void told.push(`reset ${drive}`),
  } as Partial<GuestSideDrives> as GuestSideDrives;
  const guest = new HandGuest(answer);
  const cache = new GuestCache({ timeline, clock, link: guest.link, drives });
  return { cache, guest, told, failure: failure.promise };
}

Deno.test("an event that comes before its command's answer is not lost", async () => {
  const { cache, guest } = setUp((_command, guest) => {
    guest.event("5 began", { held: true });
    guest.event("5 done ok 0000cafe 1", { held: true });
    return ["thread 5"];
  });
  const read = await cache.read({ drive: 0, lba: 7 });
  assert.deepEqual(await read.finished(), { stamp: 0xcafe, whole: true });
  assert.deepEqual(read.events.occurrences.map(({ kind }) => kind), ["began", "done"]);
  assert.equal(cache.operations.occurrences[0]!.data.operation, "read 0 7");
  guest.end();
});

Deno.test("threads that start side by side get their own events", async () => {
  let threads = 0;
  const { cache, guest } = setUp((_command, guest) => {
    const thread = ++threads;
    guest.event(`${thread} began`, { held: true });
    guest.event(`${thread} done ok 0000000${thread} 1`, { held: true });
    return [`thread ${thread}`];
  });
  const blocks = [1, 2, 3, 4, 5];
  const reads = await Promise.all(blocks.map((lba) => cache.read({ drive: 0, lba })));
  for (const [at, read] of reads.entries()) {
    assert.equal((await read.finished()).stamp, blocks[at]);
    assert.equal(read.events.occurrences.length, 2);
  }
  guest.end();
});

Deno.test("each call is its command", async () => {
  const { cache, guest } = setUp((command) => {
    if (command === "entries") return ["3 0 7 4 1 0000cafe 1"];
    return /^(stop|go|configure|resume)/.test(command) ? [] : ["thread 1"];
  });
  guest.event("ready drives=0,1 entries=64");
  assert.deepEqual(await cache.ready(ms(1000)), { type: "ready", drives: [0, 1], entries: 64 });
  await cache.read({ drive: 0, lba: 1 }, { pause: true });
  await cache.write({ drive: 1, lba: 2 }, 0xffff_ffff);
  await (await cache.write({ drive: 1, lba: 2 }, 1, { pause: true })).resume();
  await cache.sync();
  await cache.sync(1);
  await cache.work({ seed: 1, count: 2, blocks: 3, readPercent: 4, drives: [0, 1] });
  assert.equal((await cache.entries())[0]!.lba, 7);
  await cache.together(() => cache.read({ drive: 0, lba: 1 }));
  await cache.configure({ entries: 8, timeout: ms(1.5) });
  await cache.configure({});
  assert.deepEqual(guest.commands, [
    "read 0 1 pause",
    "write 1 2 ffffffff",
    "write 1 2 00000001 pause",
    "resume 1",
    "sync",
    "sync 1",
    "work 1 2 3 4 3",
    "entries",
    "stop",
    "read 0 1",
    "go",
    "configure entries=8 timeout_ms=2",
    "configure entries=8",
  ]);
  guest.end();
});

Deno.test("what fails among things that start together does not leave the guest stopped", async () => {
  const { cache, guest } = setUp((command) => command.startsWith("read") ? "1 no room" : []);
  const error = await errorOf(cache.together(() => cache.read({ drive: 0, lba: 1 })));
  assert.equal(error.message, 'Cannot execute "read 0 1" in the guest: no room');
  assert.deepEqual(guest.commands, ["stop", "read 0 1", "go"]);
  guest.end();
});

Deno.test("an operation that failed says how, and one that blocked says why", async () => {
  const { cache, guest } = setUp((_command, guest) => {
    guest.event("1 began", { held: true });
    guest.event("1 blocked read", { held: true });
    return ["thread 1"];
  });
  const read = await cache.read({ drive: 0, lba: 1 });
  assert.equal((await read.blocked("read")).data.why, "read");
  guest.event("1 done error=04");
  const error = await errorOf(read.finished());
  assert.equal(error.message, "read 0 1 failed: error=04");
  guest.end();
});

Deno.test("the drives are told when the guest is ready and when it resets a channel", async () => {
  const { cache, guest, told } = setUp(() => []);
  guest.event("ready drives=0,1 entries=64", { held: true });
  guest.event("reset 1");
  await cache.ready(ms(1000));
  await cache.together(() => Promise.resolve());
  assert.deepEqual(told, ["begin", "reset 1"]);
  guest.end();
});

Deno.test("an event that is not in the protocol ends the scenario", async () => {
  const { guest, failure } = setUp(() => []);
  guest.event("all is well");
  const error = await soon(failure, "the failure");
  assert.equal(error.name, "GuestLanguageError");
  guest.end();
});

Deno.test("a link that ends ends the wait for ready, with the link's error", async () => {
  const { cache, guest } = setUp(() => []);
  const waiting = errorOf(cache.ready(ms(10_000)));
  guest.end(new Error("the cable is out"));
  assert.equal((await waiting).message, "the cable is out");
});

Deno.test("a power cut ends what runs; the guest that boots then is configured as the first one", async () => {
  const answer = (command: string) => command.startsWith("read") ? ["thread 1"] : [];
  const timeline = new Timeline({ write: () => {} });
  const clock = timeline.clock = new HostClock(timeline, "diskcache");
  const guests = [new HandGuest(answer), new HandGuest(answer)];
  const told: string[] = [];
  const drives = {
    sizes: [64],
    begin: () => void told.push("begin"),
    onPowerCut: () => {},
    powerOff() {
      told.push("off");
      this.onPowerCut();
      return [];
    },
    powerOn: () => void told.push("on"),
  };
  const plug = {
    pull() {
      told.push("pull");
      guests[0]!.event("1 done ok 00000007 1"); // It says so too late.
      guests[0]!.end();
      return Promise.resolve();
    },
    boot() {
      guests[1]!.event("ready drives=0 entries=64");
      return Promise.resolve(guests[1]!.link);
    },
  };
  const cache = new GuestCache({
    ...{ timeline, clock, link: guests[0]!.link, plug },
    drives: drives as Partial<GuestSideDrives> as GuestSideDrives,
  });
  guests[0]!.event("ready drives=0 entries=64");
  await cache.ready(ms(5000));
  await cache.configure({ entries: 9, timeout: ms(70) });
  const reading = await cache.read({ drive: 0, lba: 7 });
  const cutting = cache.powerCut();
  const dark = await cache.read({ drive: 0, lba: 8 });
  await soon(cutting, "the power cut");
  for (const operation of [reading, dark]) {
    assert.deepEqual(operation.events.occurrences.map(({ kind }) => kind), ["failed"]);
    assert.match((await errorOf(operation.finished())).message, /failed: power cut$/);
  }
  assert.deepEqual(await soon(cutting, "the power cut"), []);
  assert.deepEqual(told, ["begin", "off", "pull", "on", "begin"]);
  assert.deepEqual(guests[1]!.commands, [guests[0]!.commands[0]]);
  const next = await cache.read({ drive: 0, lba: 9 });
  assert.equal(next.thread, 3);
  guests[1]!.event("1 done ok 00000009 1");
  assert.equal((await soon(next.finished(), "the read")).stamp, 9);
  guests[1]!.end();
});
