import assert from "node:assert/strict";
import { Random } from "hil/time/mod.ts";
import { DOUBLE, FLAG, FloatUnit, type Format, ROUND, SINGLE } from "./float.ts";

const view = new DataView(new ArrayBuffer(8));

function toBits(f: Format, value: number): bigint {
  if (f === DOUBLE) view.setFloat64(0, value);
  else view.setFloat32(0, value);
  return f === DOUBLE ? view.getBigUint64(0) : BigInt(view.getUint32(0));
}

function fromBits(f: Format, bits: bigint): number {
  if (f === DOUBLE) view.setBigUint64(0, bits);
  else view.setUint32(0, Number(bits));
  return f === DOUBLE ? view.getFloat64(0) : view.getFloat32(0);
}

/** Any bits, or a number of usual size. */
function draw(f: Format, random: Random): bigint {
  const high = BigInt(random.next()), low = BigInt(random.next());
  if (random.chance(0.4)) return f === DOUBLE ? high << 32n | low : high;
  const exponent = random.below(40) - 20;
  return toBits(f, (random.chance(0.5) ? 1 : -1) * (1 + random.next() / 2 ** 32) * 2 ** exponent);
}

const HOST = {
  add: (a: number, b: number) => a + b,
  sub: (a: number, b: number) => a - b,
  mul: (a: number, b: number) => a * b,
  div: (a: number, b: number) => a / b,
} as const;
const NAMES = Object.keys(HOST) as (keyof typeof HOST)[];
const FORMATS = [SINGLE, DOUBLE];

Deno.test("to nearest, results are those of the host's arithmetic", () => {
  const random = new Random("nearest");
  const unit = new FloatUnit();
  for (let i = 0; i < 20_000; i++) {
    const f = FORMATS[i & 1]!, name = NAMES[random.below(4)]!;
    const a = draw(f, random), b = draw(f, random);
    const expected = HOST[name](fromBits(f, a), fromBits(f, b));
    const result = unit[name](f, a, b);
    if (Number.isNaN(expected)) assert.ok(Number.isNaN(fromBits(f, result)));
    else assert.equal(result, toBits(f, expected), `${name} ${a.toString(16)} ${b.toString(16)}`);
    const root = unit.sqrt(f, a & ~f.sign);
    if (!Number.isNaN(fromBits(f, a))) {
      assert.equal(root, toBits(f, Math.sqrt(fromBits(f, a & ~f.sign))));
    }
  }
});

Deno.test("up and down bracket the exact result, at most a unit apart; both are it when exact", () => {
  const random = new Random("directed");
  for (let i = 0; i < 5_000; i++) {
    const f = FORMATS[i & 1]!, name = NAMES[random.below(4)]!;
    const a = draw(f, random), b = draw(f, random);
    const [up, down, zero, nearest] = [ROUND.UP, ROUND.DOWN, ROUND.ZERO, ROUND.NEAREST].map(
      (mode) => {
        const unit = new FloatUnit();
        unit.rounding = mode;
        return { value: fromBits(f, unit[name](f, a, b)), flags: unit.flags };
      },
    ) as [Rounded, Rounded, Rounded, Rounded];
    if (Number.isNaN(up.value)) continue;
    assert.ok(down.value <= nearest.value && nearest.value <= up.value);
    assert.ok(nearest.value === up.value || nearest.value === down.value);
    assert.equal(Math.abs(zero.value), Math.min(Math.abs(up.value), Math.abs(down.value)));
    const exact = (up.flags & FLAG.INEXACT) === 0;
    assert.equal(exact, up.value === down.value);
  }
});

interface Rounded {
  readonly value: number;
  readonly flags: number;
}

Deno.test("exceptions: what each operation raises", () => {
  const one = toBits(SINGLE, 1), three = toBits(SINGLE, 3), zero = 0n;
  const most = 0x7f7f_ffffn, least = 1n, signalling = 0x7f80_0001n;
  const raised = (compute: (unit: FloatUnit) => void, flushes = false) => {
    const unit = new FloatUnit();
    unit.flushToZero = flushes;
    compute(unit);
    return unit.flags;
  };
  assert.equal(raised((u) => u.add(SINGLE, one, three)), 0);
  assert.equal(raised((u) => u.div(SINGLE, one, three)), FLAG.INEXACT);
  assert.equal(raised((u) => u.div(SINGLE, one, zero)), FLAG.DIVISION_BY_ZERO);
  assert.equal(raised((u) => u.div(SINGLE, zero, zero)), FLAG.INVALID);
  assert.equal(raised((u) => u.mul(SINGLE, most, most)), FLAG.OVERFLOW | FLAG.INEXACT);
  assert.equal(raised((u) => u.mul(SINGLE, least, least)), FLAG.UNDERFLOW | FLAG.INEXACT);
  assert.equal(raised((u) => u.add(SINGLE, least, least)), 0, "a denormal that is exact");
  assert.equal(raised((u) => u.add(SINGLE, least, one), true), FLAG.INPUT_DENORMAL);
  assert.equal(raised((u) => u.add(SINGLE, signalling, one)), FLAG.INVALID);
  assert.equal(raised((u) => u.compare(SINGLE, 0x7fc0_0000n, one, false)), 0);
  assert.equal(raised((u) => u.compare(SINGLE, 0x7fc0_0000n, one, true)), FLAG.INVALID);
});
