import assert from "node:assert/strict";
import { type Entry, MemoryFilter } from "../filter/mod.ts";
import { Store } from "../state/mod.ts";
import { Guard, type InForce } from "./mod.ts";

const OWN = "198.51.100.1";
const S = 1e9;

/** A filter that somebody can break: what it had is gone then, and it refuses until it is made anew. */
class Breakable extends MemoryFilter {
  broken = false;
  repairable = true;
  renewed = 0;

  override ban(entries: readonly Entry[]): Promise<void> {
    return this.broken ? Promise.reject(new Error("the table is gone")) : super.ban(entries);
  }

  override intact(): Promise<boolean> {
    return Promise.resolve(!this.broken);
  }

  override async renew(): Promise<void> {
    if (!this.repairable) throw new Error("no permission");
    if (this.broken) await this.remove();
    this.broken = false;
    this.renewed++;
  }
}

function scene(path = ":memory:") {
  const world = { now: 1.7e18 };
  const filter = new Breakable(() => world.now);
  const decisions: InForce[] = [];
  const problems: string[] = [];
  const make = (more: { allow?: string[]; store?: Store } = {}) => {
    const problem = (text: string) => void problems.push(text);
    const store = more.store ?? new Store({ path, report: problem });
    const guard = new Guard({
      settings: { own: [OWN], banS: 100, forgetS: 10_000, allow: more.allow ?? [] },
      filter,
      store,
      now: () => world.now,
      decided: (decision) => void decisions.push(decision),
      problem,
    });
    return { guard, store };
  };
  const filtered = async () => (await filter.list()).map(({ target }) => target).toSorted();
  return { world, filter, decisions, problems, make, filtered };
}

Deno.test("a restart keeps bans and puts back what the kernel lost; what is over only counts", async () => {
  const { world, filter, make, filtered } = scene();
  const { guard, store } = make();
  await guard.start();
  await guard.ban("203.0.113.7", 10);
  await guard.ban("203.0.113.8", 0);
  await guard.ban("10.1.0.0/16", 1000);
  world.now += 20 * S;
  await filter.remove();
  const { guard: next } = make({ store });
  await next.start();
  assert.deepEqual(await filtered(), ["10.1.0.0/16", "203.0.113.8"]);
  assert.deepEqual(next.list().map(({ target, secondsLeft }) => [target, secondsLeft]), [
    ["203.0.113.8", undefined],
    ["10.1.0.0/16", 980],
  ]);
  await next.ban("203.0.113.7");
  const again = next.list().find(({ target }) => target === "203.0.113.7");
  assert.equal(again?.level, 2, "its second ban");
});

Deno.test("bans that only the kernel knows are taken over, but not of who is allowed", async () => {
  const { filter, make, filtered } = scene();
  const targets = ["203.0.113.7", "203.0.113.9", "198.51.100.1"];
  await filter.ban(targets.map((target) => ({ target, seconds: 50 })));
  const { guard, store } = make({ allow: ["203.0.113.9"] });
  await guard.start();
  assert.deepEqual(await filtered(), ["203.0.113.7"]);
  assert.deepEqual(store.bans.map(({ target, rule }) => [target, rule]), [[
    "203.0.113.7",
    "found",
  ]]);
});

Deno.test("bans end by themselves, networks too, and the state knows", async () => {
  const { world, decisions, make, filtered } = scene();
  const { guard, store } = make();
  await guard.start();
  await guard.ban("203.0.113.7", 10);
  await guard.ban("10.1.0.0/16", 20);
  assert.equal(guard.nextNs(), world.now + 10 * S);
  world.now += 30 * S;
  guard.tick();
  await guard.idle();
  assert.deepEqual(await filtered(), []);
  assert.deepEqual(decisions.map(({ type }) => type), ["ban", "ban", "unban", "unban"]);
  assert.deepEqual(store.bans.map(({ target, live }) => [target, live]), [["203.0.113.7", false]]);
  assert.equal(guard.nextNs(), Infinity);
});

Deno.test("a filter that was flushed is made anew with all bans, at the next ban or the next look", async () => {
  const { filter, problems, decisions, make, filtered } = scene();
  const { guard, store } = make();
  await guard.start();
  await guard.ban("203.0.113.7");
  filter.broken = true;
  await guard.ban("203.0.113.8");
  assert.deepEqual(await filtered(), ["203.0.113.7", "203.0.113.8"]);
  assert.deepEqual([decisions.length, store.bans.length], [2, 2], "both are told and kept");
  assert.match(problems[0]!, /made anew with all bans: the table is gone/);
  filter.broken = true;
  await guard.check();
  assert.deepEqual([await filtered(), filter.renewed], [["203.0.113.7", "203.0.113.8"], 2]);
});

Deno.test("what a filter refuses waits until it works, and it is said once", async () => {
  const { filter, problems, make, filtered } = scene();
  const { guard } = make();
  await guard.start();
  [filter.broken, filter.repairable] = [true, false];
  await assert.rejects(
    guard.ban("203.0.113.7"),
    /was noted, and is not in force yet: no permission/,
  );
  await assert.rejects(guard.ban("203.0.113.8"), /not in force yet/);
  await guard.check();
  assert.deepEqual([problems, guard.problems], [["no permission"], ["no permission"]]);
  filter.repairable = true;
  await guard.check();
  await guard.idle();
  assert.deepEqual(await filtered(), ["203.0.113.7", "203.0.113.8"]);
  assert.deepEqual([guard.problems, guard.sizes["waiting"]], [[], 0]);
});

Deno.test("nobody may be banned by hand who may never be, and no network over another", async () => {
  const { make, filtered } = scene();
  const { guard } = make({ allow: ["203.0.113.64/26"] });
  await guard.start();
  for (const target of [OWN, "127.0.0.1", "203.0.113.65"]) {
    await assert.rejects(guard.ban(target), /it may never be/);
  }
  await assert.rejects(guard.ban("203.0.113.0/24"), /it has 203.0.113.64\/26 in common/);
  await assert.rejects(guard.ban("198.51.0.0/16"), /it has 198.51.100.1 in common/);
  await assert.rejects(guard.ban("0.0.0.0/0"), /in common/);
  await guard.ban("10.0.0.0/9");
  await assert.rejects(
    guard.ban("10.1.0.0/16"),
    /10.0.0.0\/9 is banned already, which it overlaps/,
  );
  await guard.ban("10.0.0.0/9", 5);
  assert.deepEqual(await filtered(), ["10.0.0.0/9"]);
});

Deno.test("a reload keeps bans, but for those who are allowed now", async () => {
  const { make, filtered } = scene();
  const { guard } = make();
  await guard.start();
  for (const target of ["203.0.113.7", "203.0.113.8"]) await guard.ban(target);
  await guard.reload({ own: [OWN], allow: ["203.0.113.8"] });
  assert.deepEqual(await filtered(), ["203.0.113.7"]);
  await assert.rejects(guard.ban("203.0.113.8"), /it may never be/);
});

Deno.test("a network of IPv6 that counts as one host goes on after a restart, with its count", async () => {
  const network = "2001:db8:bad:0:0:0:0:0/64";
  const { make, filtered, decisions } = scene();
  const first = make();
  await first.guard.start();
  await first.guard.ban("2001:db8:bad::7", 60);
  assert.deepEqual(await filtered(), [network]);
  await assert.rejects(first.guard.ban("2001:db8::/32"), /0:0\/64 is banned already/);
  const { guard } = make();
  await guard.start();
  assert.deepEqual(guard.list().map(({ target, level }) => [target, level]), [[network, 1]]);
  await guard.unban("2001:db8:bad::9");
  assert.deepEqual(await filtered(), []);
  assert.deepEqual(decisions.map(({ type, host }) => `${type} ${host}`), [
    `ban ${network}`,
    `unban ${network}`,
  ]);
});

Deno.test("a host in a network that was banned by hand is banned by itself when that is over", async () => {
  const { make, filtered } = scene();
  const { guard } = make();
  await guard.start();
  await guard.ban("2001:db8::/32");
  await guard.ban("2001:db8:bad::7");
  assert.deepEqual(await filtered(), ["2001:db8:0:0:0:0:0:0/32"]);
  await guard.unban("2001:db8::/32");
  assert.deepEqual(await filtered(), ["2001:db8:bad:0:0:0:0:0/64"]);
});
