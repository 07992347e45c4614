import assert from "node:assert/strict";
import { type Duration, ms, Random, seconds, timer } from "../../time/mod.ts";
import { Timeline } from "../../trace/mod.ts";
import { HostClock } from "../host_clock.ts";
import { openPty } from "../pty/mod.ts";
import { serialLink } from "../serial/mod.ts";
import { encode } from "./messages.ts";
import { boxPin, type DevicePin, FirmataBox, FirmataDevice } from "./mod.ts";

/** A wire with a pull resistor, and somebody else on it. */
class TestWire implements DevicePin {
  readonly #listeners: (() => void)[] = [];
  #box: 0 | 1 | undefined;
  #other: 0 | 1 | undefined;

  constructor(private readonly pull: 0 | 1) {}

  get level() {
    return this.#box ?? this.#other ?? this.pull;
  }

  get driven() {
    return this.#box;
  }

  drive(level: 0 | 1 | undefined): void {
    this.#change(() => this.#box = level);
  }

  driveFromOutside(level: 0 | 1): void {
    this.#change(() => this.#other = level);
  }

  listen(listener: () => void): void {
    this.#listeners.push(listener);
  }

  #change(act: () => void): void {
    const before = this.level;
    act();
    if (this.level !== before) { for (const listener of this.#listeners) listener(); }
  }
}

/** The clock of a box that stamps: a test sets it. */
let boxUs = 0;

interface Scene {
  readonly timeline: Timeline;
  readonly clock: HostClock;
}

function scene(): Scene {
  const timeline = new Timeline({ write() {} });
  const clock = timeline.clock = new HostClock(timeline);
  return { timeline, clock };
}

/** A box on a real pseudo-terminal: ten wires, pulled low but for the last. */
async function withBox(
  body: (lab: { box: FirmataBox; wires: readonly TestWire[]; scene: Scene }) => Promise<void>,
  { stamps = false } = {},
): Promise<void> {
  const pty = openPty({ stays: true });
  const wires = Array.from({ length: 10 }, (_, n) => new TestWire(n === 9 ? 1 : 0));
  const nowUs = stamps ? () => boxUs : undefined;
  new FirmataDevice({ name: "Test.ino", link: pty.master, pins: wires, nowUs });
  const link = serialLink({ path: pty.path, baudHz: 57_600 });
  try {
    const at = scene(), { clock } = at;
    const box = await FirmataBox.open({ name: "pins", link, clock, limit: seconds(20) });
    await body({ box, wires, scene: at });
    await box.close();
  } finally {
    await link.close();
    await pty.close();
  }
}

Deno.test("a pin is driven, let go and pressed, and each edge is told with its cause", async () => {
  await withBox(async ({ box, wires, scene }) => {
    const { timeline, clock } = scene;
    assert.equal(box.firmware, "Test.ino 2.5");
    const pin = await boxPin({ channel: "GPIO 66", pin: 3, box, timeline });
    const pulledUp = await boxPin({ channel: "GPIO 67", pin: 9, box, timeline });
    assert.deepEqual([await pin.level(), await pulledUp.level()], [0, 1]);
    const before = clock.now();
    const rise = await pin.drive(1);
    assert.equal(wires[3]!.level, 1);
    assert(rise.t >= before && rise.t <= clock.now());
    await pin.drive(1);
    await pin.release();
    assert.equal(wires[3]!.driven, undefined);
    await pulledUp.press({ hold: ms(20) });
    await pulledUp.press({ hold: ms(1) });
    const done = () => pulledUp.occurrences.length === 4 || undefined;
    assert(await clock.until(done, seconds(20)));
    assert.deepEqual(
      [...pin.occurrences, ...pulledUp.occurrences].map(({ what }) => what),
      [
        ...["GPIO 66 rose (drive)", "GPIO 66 stayed (drive)", "GPIO 66 fell (release)"],
        ...["GPIO 67 fell (press)", "GPIO 67 rose (let go)"],
        ...["GPIO 67 fell (press)", "GPIO 67 rose (let go)"],
      ],
    );
  });
});

Deno.test("what others do to a pin is told once, in its order, not while it is driven", async () => {
  await withBox(async ({ box, wires, scene }) => {
    const { timeline, clock } = scene;
    const pin = await boxPin({ channel: "a", pin: 0, box, timeline });
    const other = await boxPin({ channel: "b", pin: 1, box, timeline });
    const random = new Random(7);
    const levels: (0 | 1)[] = [];
    for (let n = 0; n < 200; n++) {
      const level = random.below(2) as 0 | 1;
      if (level !== wires[1]!.level) levels.push(level);
      wires[1]!.driveFromOutside(level);
      if (n % 50 === 0) await pin.drive(random.below(2) as 0 | 1);
      if (n % 50 === 25) await pin.release();
    }
    const done = () => other.occurrences.length >= levels.length || undefined;
    assert(await clock.until(done, seconds(20)));
    assert.deepEqual(other.occurrences.map(({ data }) => data.level), levels);
  });
});

Deno.test("what follows from a pin that is let go comes after that, though told in one message", async () => {
  await withBox(async ({ box, wires, scene }) => {
    const { timeline, clock } = scene;
    const from = await boxPin({ channel: "from", pin: 5, box, timeline });
    const to = await boxPin({ channel: "to", pin: 4, box, timeline });
    await from.drive(1);
    // Pulled along at once: both bits change in the report that answers.
    const follow = () => wires[4]!.driveFromOutside(wires[5]!.level);
    follow();
    const up = () => to.occurrences.length === 1 || undefined;
    assert(await clock.until(up, seconds(20)));
    wires[5]!.listen(follow);
    const fall = await from.release();
    assert(await clock.until(() => to.occurrences.length === 2 || undefined, seconds(20)));
    assert(to.occurrences[1]!.seq > fall.seq);
    assert.equal(fall.what, "from fell (release)");
  });
});

Deno.test("a box that stamps tells to the microsecond what followed, though it tells late", async () => {
  await withBox(async ({ box, wires, scene }) => {
    const { timeline } = scene;
    const from = await boxPin({ channel: "from", pin: 0, box, timeline });
    const to = await boxPin({ channel: "to", pin: 8, box, timeline });
    boxUs = 2 ** 34;
    const edge = await from.drive(1);
    boxUs += 42;
    // Told when the limit has long passed on this machine's clock.
    timer(ms(40), () => wires[8]!.driveFromOutside(1));
    const follow = await to.clock.until(() => to.occurrences[0], ms(1));
    assert.equal(follow!.t - edge.t, 42_000);
  }, { stamps: true });
});

Deno.test("closing lets all pins go, and pins that the box does not have are told with those it has", async () => {
  await withBox(async ({ box, wires, scene }) => {
    const { timeline } = scene;
    const pin = await boxPin({ channel: "a", pin: 2, box, timeline });
    await pin.drive(1);
    await assert.rejects(boxPin({ channel: "b", pin: 10, box, timeline }), {
      name: "FirmataError",
      message: 'Cannot use pin 10 of the pin box "pins": it can not be input and output; ' +
        "there are 0, 1, 2, 3, 4, 5, 6, 7, 8, 9",
    });
    await box.close();
    assert.equal(wires[2]!.driven, undefined);
    await assert.rejects(pin.drive(0), /Cannot use the pin box "pins": it is closed/);
  });
});

Deno.test("what is no pin box, and one that falls silent, say so within their limit", async () => {
  const pty = openPty({ stays: true });
  const open = (upLimit: Duration) => {
    const link = serialLink({ path: pty.path, baudHz: 57_600 });
    return FirmataBox.open({ name: "pins", link, upLimit, ...scene() }).finally(() => link.close());
  };
  await assert.rejects(open(ms(50)), {
    message: 'Cannot open the pin box "pins": it has not answered within 50 ms; ' +
      "look whether its program is StandardFirmata, at that rate",
  });
  // It tells its name and that it is out of memory, and no more.
  const name = Uint8Array.of(2, 5, 0x41, 0);
  const words = Uint8Array.from([..."full"].flatMap((letter) => [letter.charCodeAt(0), 0]));
  await pty.master.write(encode({ type: "sysex", id: 0x79, data: name }));
  await pty.master.write(encode({ type: "sysex", id: 0x71, data: words }));
  await assert.rejects(
    open(ms(500)),
    /it has not answered within .*, and said "full"; look whether/,
  );
  await pty.close();
});
