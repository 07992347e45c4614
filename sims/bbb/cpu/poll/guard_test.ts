import assert from "node:assert/strict";
import { Random } from "hil/time/mod.ts";
import { type FlagSource, holds, type Span } from "./guard.ts";
import {
  type Affine,
  combine,
  type Linear,
  NOW,
  OLDER,
  READINGS,
  ROUND,
  SYMBOLS,
} from "./linear.ts";

/** EQ, CS, MI, HI, GE, GT: those of which anything is known. */
const CONDITIONS = [0, 1, 2, 4, 5, 6];

/** N, Z, C, V as the manual's AddWithCarry gives them. */
function met(condition: number, { kind, carry }: FlagSource, a: number, b: number): boolean {
  const y = kind === "subtract" ? ~b : b;
  const unsigned = (a >>> 0) + (y >>> 0) + carry, signed = (a | 0) + (y | 0) + carry;
  const n = (signed | 0) < 0, z = (signed | 0) === 0;
  const c = unsigned >= 2 ** 32, v = signed !== (signed | 0);
  return [z, c, n, v, c && !z, n === v, !z && n === v][condition]!;
}

/** What changes, in a few rounds of a counter of some rate. */
class Case {
  readonly span: Span;
  readonly source: FlagSource;
  readonly condition: number;
  readonly #readings: number;

  constructor(random: Random) {
    const ns = 50 + random.below(300), ticks = 1 + random.below(40), per = 1000;
    const origin = random.below(100_000);
    this.#readings = 1 + random.below(READINGS);
    const times: number[] = [];
    for (let n = 0; n < this.#readings; n++) {
      const t = origin + 2 * ns + Math.floor((n * ns) / READINGS);
      for (let ago = 0; ago <= 2; ago++) times[NOW + n - ago * READINGS] = t - ago * ns;
    }
    const at = (t: number) => Math.floor(t * ticks / per);
    this.span = { rounds: random.below(60), ns, times, counting: { at, ticks, ns: per } };
    const [a, b] = [this.#affine(random), this.#affine(random)];
    if (random.chance(0.6)) Object.assign(b, { value: a.value + random.below(200) - 100 | 0 });
    const kind = (["add", "subtract", "subtract", "value"] as const)[random.below(4)]!;
    const carry = kind === "value"
      ? 0
      : kind === "subtract" && random.chance(0.7)
      ? 1
      : random.below(2);
    this.source = kind === "value"
      ? { kind, a, b: { value: 0, linear: undefined }, carry, linear: a.linear }
      : { kind, a, b, carry, linear: combine(a.linear, kind === "add" ? 1 : -1, b.linear) };
    this.condition = kind === "value" ? 2 * random.below(2) : CONDITIONS[random.below(6)]!;
  }

  #affine(random: Random): Affine {
    const edges = [0, 0x7fff_ffff, -0x8000_0000, -1, 1000, random.next() | 0];
    const value = edges[random.below(6)]! + random.below(64) - 32 | 0;
    if (random.chance(0.3)) return { value, linear: undefined };
    const linear = new Array<number>(SYMBOLS).fill(0);
    if (random.chance(0.3)) linear[ROUND] = random.below(5) - 2;
    for (let ago = 0; ago <= 2; ago++) {
      for (let n = 0; n < this.#readings; n++) {
        if (random.chance(0.3)) linear[OLDER + ago * READINGS + n] = random.below(3) - 1;
      }
    }
    return { value, linear };
  }

  /** The value in a later round. */
  #in(round: number, { value, linear }: { value: number; linear: Linear }): number {
    const { times, ns, counting } = this.span;
    if (!linear) return value;
    let later = value + linear[ROUND]! * round;
    for (let n = OLDER; n < SYMBOLS; n++) {
      if (linear[n] === 0) continue;
      later += linear[n]! * (counting!.at(times[n]! + round * ns) - counting!.at(times[n]!));
    }
    return later | 0;
  }

  metIn(round: number): boolean {
    const { a, b } = this.source;
    return met(this.condition, this.source, this.#in(round, a), this.#in(round, b));
  }
}

Deno.test("what is said to hold does so in each round; little that does is missed", () => {
  let said = 0, could = 0;
  for (let seed = 1; seed <= 20_000; seed++) {
    const random = new Random(seed);
    const made = new Case(random);
    const { span, source, condition } = made;
    const first = made.metIn(0);
    let always = true;
    for (let round = 0; round <= span.rounds; round++) always &&= made.metIn(round) === first;
    const told = holds({ source, condition, met: first }, span);
    if (told) {
      assert.ok(always, `seed ${seed}: condition ${condition} of ${JSON.stringify(source)}`);
    }
    if (always) could++;
    if (told) said++;
  }
  assert.ok(said > 0.6 * could, `${said} of ${could}`);
});

Deno.test("two readings of one counter in a row are never out of order", () => {
  const at = (t: number) => Math.floor(t * 3 / 1000);
  const times: number[] = [];
  for (let ago = 0; ago <= 2; ago++) times[NOW - ago * READINGS] = 1000 - ago * 117;
  const span = { rounds: 1_000_000, ns: 117, times, counting: { at, ticks: 3, ns: 1000 } };
  const reading = (ago: number): Affine => {
    const linear = new Array<number>(SYMBOLS).fill(0);
    linear[NOW - ago * READINGS] = 1;
    return { value: at(times[NOW - ago * READINGS]!), linear };
  };
  const compare = (a: Affine, b: Affine): FlagSource => ({
    kind: "subtract",
    a,
    b,
    carry: 1,
    linear: combine(a.linear, -1, b.linear),
  });
  const now = reading(0), before = reading(1);
  assert.ok(
    holds({ source: compare(now, before), condition: 1, met: true }, span),
    "now >= before",
  );
  assert.ok(
    !holds({ source: compare(before, now), condition: 1, met: true }, span),
    "they can differ",
  );
});

Deno.test("of V nothing is known", () => {
  const a = { value: 0, linear: undefined };
  const source: FlagSource = { kind: "add", a, b: a, carry: 0, linear: undefined };
  const span = { rounds: 1, ns: 1, times: [], counting: undefined };
  assert.equal(holds({ source, condition: 3, met: false }, span), false);
});
