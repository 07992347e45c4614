/**
 * Tests that every peripheral has, made from its register table; and the property that a snapshot
 * taken at any moment and restored changes nothing.
 */
import assert from "node:assert/strict";
import { Random } from "hil/time/mod.ts";
import {
  loadParts,
  type Part,
  type Peripheral,
  type RegisterAt,
  type RegisterSpec,
  saveParts,
  type VirtualClock,
  type Width,
} from "sims/engine/mod.ts";

/** A peripheral with what it stands on, as made afresh for each test. */
export interface Rig {
  readonly clock: VirtualClock;
  readonly device: Peripheral;
  /** All that has state, the device among them. */
  readonly parts: readonly Part[];
  /** What was seen from outside: levels, bytes. */
  readonly seen?: readonly unknown[];
  /** One thing that the outside does to it. */
  disturb?(random: Random): void;
}

export interface RegisterTestOptions {
  /** What a register reads as after reset, where that is not what is stored. */
  readonly reads?: Readonly<Record<string, number>>;
  /** Registers in which a bit does more than be stored: tests by hand cover them. */
  readonly apart?: readonly string[];
  /** The bit whose writing resets the module, and a register to see that by. */
  readonly reset?: {
    readonly register: string;
    readonly bit: number;
    readonly seenBy: string;
  };
  /** Makes the device show a bank. */
  select?(device: Peripheral, bank: number): void;
}

const ALL = 0xffff_ffff;

/** Reset values; bits that a write changes and those that it does not; parts of a word. */
export function registerTests(
  title: string,
  make: () => Rig,
  options: RegisterTestOptions = {},
): void {
  const { device } = make();
  const apart = new Set(options.apart);
  resetTest(title, make, options.reset);
  const each = (test: (at: Place) => void) => {
    for (const place of places(device, options)) if (!apart.has(place.register.name)) test(place);
  };

  Deno.test(`${title}: after reset registers read as the manual has them`, () => {
    for (const { register, offset, bank } of places(device, options)) {
      const fresh = make().device;
      if (device.table.at(offset, false, bank)?.name !== register.name) continue;
      options.select?.(fresh, bank);
      const value = options.reads?.[register.name] ?? fresh.table.resets[register.slot]!;
      const expected = register.access === "wo" ? 0 : value;
      assert.equal(fresh.read(offset, 4) >>> 0, expected >>> 0, register.name);
    }
  });

  Deno.test(`${title}: a write changes the bits that can be written, and no others`, () => {
    each(({ register, offset, bank }) => {
      const written = (value: number, width: Width = 4, lane = 0) => {
        const fresh = make().device;
        options.select?.(fresh, bank);
        fresh.write(offset + lane, value, width);
        return fresh.peek(register.name, register.n) >>> 0;
      };
      const reset = device.table.resets[register.slot]!;
      const after = (value: number) => expected(register, reset, value) >>> 0;
      assert.equal(written(ALL), after(ALL), `${register.name}, ones`);
      assert.equal(written(0), after(0), `${register.name}, zeros`);
      assert.equal(
        written(0xff, 1, 1),
        register.access === "rw" || register.access === "wo"
          ? ((reset & ~0xff00) | (after(ALL) & 0xff00)) >>> 0
          : after(0xff00),
        `${register.name}, its second byte`,
      );
    });
  });

  Deno.test(`${title}: a byte and a halfword are parts of the word`, () => {
    each(({ offset, bank, register }) => {
      const read = (lane: number, width: Width) => {
        const fresh = make().device;
        options.select?.(fresh, bank);
        return fresh.read(offset + lane, width) >>> 0;
      };
      const word = read(0, 4);
      assert.equal(read(2, 2), word >>> 16, register.name);
      assert.equal(read(1, 1), word >>> 8 & 0xff, register.name);
    });
  });
}

function resetTest(title: string, make: () => Rig, reset: RegisterTestOptions["reset"]): void {
  if (!reset) return;
  Deno.test(`${title}: one bit of ${reset.register} resets it, and reads as 0`, () => {
    const { device } = make();
    const { specs } = device.table;
    const [at, seen] = [specs[reset.register]!, specs[reset.seenBy]!];
    device.write(seen.offset, ALL, 4);
    const set = device.peek(reset.seenBy);
    assert.notEqual(set, seen.reset ?? 0);
    device.write(at.offset, ALL & ~(1 << reset.bit), 4);
    assert.equal(device.peek(reset.seenBy), set, "the other bits do not");
    assert.equal(device.read(at.offset, 4), at.writable, "they are kept");
    device.write(at.offset, 1 << reset.bit, 4);
    assert.equal(device.peek(reset.seenBy), seen.reset ?? 0);
    assert.equal(device.read(at.offset, 4) >>> reset.bit & 1, 0);
  });
}

interface Place {
  readonly register: RegisterAt;
  readonly offset: number;
  readonly bank: number;
}

/** Every register once, where it is seen first; of an array the first one and the last. */
function places(device: Peripheral, options: RegisterTestOptions): Place[] {
  const { table } = device;
  return Object.entries<RegisterSpec>(table.specs).flatMap(([name, spec]) =>
    [...new Set([0, (spec.count ?? 1) - 1])].map((n) => {
      const offset = spec.offset + n * (spec.stride ?? 4);
      const bank = options.select ? table.banks.indexOf(spec.banks?.[0] ?? table.banks[0]!) : 0;
      const register = table.at(offset, spec.access === "wo", bank);
      assert.equal(register?.name, name, `${name} at 0x${offset.toString(16)}`);
      return { register: register!, offset, bank };
    })
  );
}

/** What is stored after a word was written to a register that held `old`. */
function expected({ access, writable }: RegisterAt, old: number, value: number): number {
  const bits = value & writable;
  if (access === "ro") return old;
  if (access === "w1s") return old | bits;
  if (access === "w1c") return old & ~bits;
  return (old & ~writable) | bits;
}

/** How a random walk treats a device. */
export interface WalkOptions {
  readonly walks?: number;
  readonly steps?: number;
  /** Time passes by up to so much a step, nanoseconds. */
  readonly strideNs?: number;
  /** Values that a register is written with more often than chance would. */
  readonly values?: readonly number[];
  /** Done first: what makes the device do something at all. */
  prepare?(rig: Rig): void;
}

/** Takes a snapshot amid random accesses, restores it elsewhere, and goes on with both. */
export function restoreTest(title: string, make: () => Rig, options: WalkOptions = {}): void {
  Deno.test(`${title}: restored at any moment, it does as it would have done`, () => {
    for (let walk = 0; walk < (options.walks ?? 60); walk++) restoreOnce(make, options, walk);
  });
}

function restoreOnce(make: () => Rig, options: WalkOptions, walk: number): void {
  const original = make();
  options.prepare?.(original);
  const steps = options.steps ?? 60;
  const before = new Random(`before ${walk}`);
  for (let left = before.below(steps); left > 0; left--) take(original, before, options);
  const restored = make();
  restored.clock.restore(original.clock.now());
  loadParts(restored.parts, saveParts(original.parts));
  const seen = original.seen?.length ?? 0;
  const [one, other] = [new Random(`after ${walk}`), new Random(`after ${walk}`)];
  for (let step = 0; step < steps; step++) {
    const expected = take(original, one, options);
    assert.deepEqual(take(restored, other, options), expected, `walk ${walk}, step ${step}`);
  }
  assert.deepEqual(restored.seen, original.seen?.slice(seen), `walk ${walk}: what was seen`);
  assert.deepEqual(saveParts(restored.parts), saveParts(original.parts), `walk ${walk}: the end`);
}

/** Of each read that is told to be steady: the same again, later, and nothing has happened. */
export function steadyTest(title: string, make: () => Rig, options: WalkOptions = {}): void {
  Deno.test(`${title}: what is told to be steady is, until then or until an alarm`, () => {
    let steady = 0;
    for (let walk = 0; walk < (options.walks ?? 15); walk++) {
      const rig = make();
      options.prepare?.(rig);
      const random = new Random(`steady ${walk}`);
      for (let step = 0; step < (options.steps ?? 60); step++) {
        take(rig, random, options);
        steady += Number(staysSteady(rig, random));
      }
    }
    assert.ok(steady > 0, "nothing was");
  });
}

function staysSteady({ clock, device, parts }: Rig, random: Random): boolean {
  const offset = placeOf(device, random);
  // What the first one tells may be forgotten by it.
  device.read(offset, 4);
  const value = device.read(offset, 4);
  const now = clock.now();
  const until = Math.min(device.steadyUntil(offset), clock.nextAlarmNs());
  if (until <= now) return false;
  const last = Math.min(until - 1, now + 10 ** random.below(10));
  clock.runTo(last);
  const told = `0x${offset.toString(16)} at ${now}, told until ${until}, read at ${last}`;
  const before = saveParts(parts);
  assert.equal(device.read(offset, 4), value, told);
  assert.deepEqual(saveParts(parts), before, told);
  return true;
}

/** One step; what it gave. */
function take(rig: Rig, random: Random, options: WalkOptions): string {
  const { clock, device } = rig;
  const offset = placeOf(device, random);
  const choice = random.below(8);
  if (choice < 3) return `read 0x${offset.toString(16)}: ${device.read(offset, 4) >>> 0}`;
  if (choice < 5) {
    const values = options.values ?? [];
    const value = random.below(4) < values.length
      ? values[random.below(values.length)]!
      : random.next() >>> random.below(32);
    device.write(offset, value, 4);
    return `write 0x${offset.toString(16)} ${value}`;
  }
  if (choice === 5 && rig.disturb) rig.disturb(random);
  else clock.runTo(clock.now() + random.below(options.strideNs ?? 100_000));
  return `t ${clock.now()}`;
}

function placeOf(device: Peripheral, random: Random): number {
  const specs = Object.values<RegisterSpec>(device.table.specs);
  const spec = specs[random.below(specs.length)]!;
  return spec.offset + random.below(spec.count ?? 1) * (spec.stride ?? 4);
}
