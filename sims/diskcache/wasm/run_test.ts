import assert from "node:assert/strict";
import { type Choice, type Chooser, quiet, random, recording, replay } from "hil/explore/mod.ts";
import { type Load, stampFor } from "../load.ts";
import { CacheCode } from "./code.ts";
import type { Access } from "./machine.ts";
import { ownerOf } from "./tasks.ts";
import { runLoad } from "./run.ts";
import { symbolAt } from "./symbols.ts";
import { standardTrial, trialOf } from "./trial.ts";

const code = await CacheCode.load();

const stamp = stampFor({ client: 0, sequence: 0, drive: 0, lba: 3 });
const at = { drive: 0, lba: 3 };
const WRITE_SYNC_READ: Load = {
  clients: [[
    { kind: "write", ...at, stamp },
    { kind: "sync", drive: 0, lba: 0, stamp: 0 },
    { kind: "read", ...at, stamp: 0 },
  ]],
  entries: 4,
  sizes: [8, 0, 0, 0],
};

function recorded(seed: number) {
  return recording(random(seed), { seed, strategy: "random" });
}

Deno.test("a write, a sync and a read reach the drive and come back", async () => {
  const { history, stopped } = await runLoad(code, { load: WRITE_SYNC_READ, chooser: quiet });
  assert.equal(stopped, undefined);
  assert.deepEqual(history.accesses.map(({ kind, outcome, stamp }) => [kind, outcome, stamp]), [
    ["write", "ok", stamp],
    ["read", "ok", stamp],
  ]);
  assert.equal(history.syncs[0]!.outcome, "ok");
  assert.deepEqual(history.disk.map(({ type }) => type), ["write", "flush"]);
});

Deno.test("the same seed gives the same run, also on another instance and by replay", async () => {
  const { load } = standardTrial(7);
  const chooser = recorded(7);
  const { history: { initial: _, ...first }, ...counts } = await runLoad(code, { load, chooser });
  assert.ok(counts.switches > 100 && counts.accesses > 1000 && counts.interrupts > 10);
  const again = [
    { on: code, chooser: recorded(7) },
    { on: await CacheCode.load(), chooser: recorded(7) },
    { on: code, chooser: replay(chooser.log) },
  ];
  for (const { on, chooser } of again) {
    const { history: { initial: _, ...same }, ...others } = await runLoad(on, { load, chooser });
    assert.deepEqual(same, first);
    assert.deepEqual(others, counts);
  }
  const other = await runLoad(code, { load, chooser: recorded(8) });
  assert.notDeepEqual(other.history.accesses, first.accesses);
});

Deno.test("a defective run leaves nothing to the next one", async () => {
  const hangs = await CacheCode.load({ mutation: "second-channel-forgotten" });
  const trial = { ...standardTrial(3), chooser: recorded(3) };
  const { history: { initial: _, ...before } } = await runLoad(hangs, trial);
  const stuck: Load = {
    ...WRITE_SYNC_READ,
    clients: [[{ kind: "read", drive: 2, lba: 1, stamp: 0 }]],
    sizes: [0, 0, 8, 0],
  };
  const { history } = await runLoad(hangs, { load: stuck, chooser: quiet });
  assert.deepEqual(history.accesses.map(({ outcome, end }) => [outcome, end]), [[
    "open",
    Infinity,
  ]]);
  const { history: { initial: __, ...after } } = await runLoad(hangs, {
    ...trial,
    chooser: recorded(3),
  });
  assert.deepEqual(after, before);
});

/** Takes the way of each kind that is given, else the quiet one; each only so often. */
function only(ways: Readonly<Record<string, number>>, times = Infinity): Chooser {
  let left = times;
  return {
    choose: ({ kind }: Choice) => kind in ways && left-- > 0 ? ways[kind]! : 0,
  };
}

Deno.test("a read error reaches the reader; the next read asks again", async () => {
  const read = { kind: "read", ...at, stamp: 0 } as const;
  const load: Load = { ...WRITE_SYNC_READ, clients: [[read, read]] };
  const chooser = only({ "fault read error": 1 }, 1);
  const { history } = await runLoad(code, { load, chooser, faults: 1 });
  assert.deepEqual(history.accesses.map(({ outcome }) => outcome), ["error", "ok"]);
  assert.deepEqual(history.completions!.map(({ ok }) => ok), [false, true]);
});

Deno.test("a write that is refused is told by sync, whether or not it reached the drive", async () => {
  for (const [way, writes] of [[1, 0], [2, 1], [3, 0]] as const) {
    const chooser = only({ "fault write error": way }, 1);
    const { history } = await runLoad(code, { load: WRITE_SYNC_READ, chooser, faults: 1 });
    assert.equal(history.syncs[0]!.outcome, "error");
    assert.equal(history.disk.filter(({ type }) => type === "write").length, writes);
  }
});

Deno.test("the drive may move data at the beginning, at the end, or half by half", async () => {
  for (const dma of [0, 1, 2]) {
    const { history } = await runLoad(code, { load: WRITE_SYNC_READ, chooser: only({ dma }) });
    assert.deepEqual(history.disk[0], {
      ...{ type: "write", ...at, stamp, whole: true, at: history.disk[0]!.at },
    });
  }
});

Deno.test("a wait that ends by itself changes nothing", async () => {
  const options = { load: WRITE_SYNC_READ, chooser: only({ "fault wake-up": 1 }), faults: 9 };
  const { history } = await runLoad(code, options);
  assert.ok(history.accesses.every(({ outcome }) => outcome === "ok"));
});

Deno.test("a run without end is stopped, and the next one runs as ever", async () => {
  const load = standardTrial(1).load;
  const { stopped } = await runLoad(code, { load, chooser: quiet, limit: 500 });
  assert.equal(stopped, "it does not end: 500 accesses");
  const { stopped: later } = await runLoad(code, { load, chooser: quiet });
  assert.equal(later, undefined);
});

Deno.test("requests without end are noticed", async () => {
  const mutated = await CacheCode.load({ mutation: "write-error-tried-for-ever" });
  const chooser = only({ "fault write error": 3 }, 1);
  const options = { load: WRITE_SYNC_READ, chooser, faults: 1 };
  assert.equal((await runLoad(mutated, options)).stopped, "it does not end: 20000 interrupts");
  assert.equal((await runLoad(code, options)).stopped, undefined);
});

Deno.test("a loop with the lock held is noticed", async () => {
  const { words, symbols } = code;
  const flushes = symbols.find(({ name }) => name === "flushes")!.address;
  const own = words.byteLength - 64;
  /** The list of flushes bites its tail: one of the other channel is looked over for ever. */
  const spoil: Chooser = {
    choose: () => {
      words.set([own, 2], own / 4);
      words[flushes / 4] = own;
      return 0;
    },
  };
  const { stopped } = await runLoad(code, { load: standardTrial(1).load, chooser: spoil });
  assert.equal(stopped, "panic: it does not end");
});

Deno.test("all accesses can be seen, also those with the lock held, by name", async () => {
  const seen: Access[] = [];
  const options = { load: WRITE_SYNC_READ, chooser: quiet, onAccess: (a: Access) => seen.push(a) };
  await runLoad(code, options);
  const block = code.symbols.find(({ name }) => name === "blocks")!.address;
  const copied = seen.filter(({ address }) => address >= block && address < block + 512);
  const writes = copied.filter(({ write }) => write);
  assert.equal(writes.length, 128, "the write fills the block, a dword at a time");
  assert.ok(writes.every(({ task, size }) => task === 0 && size === 4));
  assert.equal(copied.length, 256, "the read copies it out");
  assert.ok(
    seen.some(({ task, address }) =>
      task === 1 && symbolAt(code.symbols, address)?.startsWith("in_flight")
    ),
    "the interrupt looks at the request",
  );
  assert.deepEqual(seen.map((access) => access.at), [...seen.keys()].map((i) => i + 1));
});

Deno.test("each access is told once, on the stack of the task that makes it", async () => {
  const { load } = standardTrial(5);
  const clients = load.clients.length;
  const told: number[] = [];
  const { accesses } = await runLoad(code, {
    ...{ load, chooser: random(5) },
    onAccess: ({ task, address, at }) => {
      told.push(at);
      const stackPointer = code.stackPointer.value;
      const owner = ownerOf(code, stackPointer - 1);
      assert.equal(owner, task < clients ? task : undefined);
      if (ownerOf(code, address) !== task) return;
      assert.ok(address >= stackPointer, "what is in use is not below the stack pointer");
    },
  });
  assert.notDeepEqual(told, told.toSorted((a, b) => a - b), "a preempted one is told later");
  assert.deepEqual(
    told.toSorted((a, b) => a - b),
    Array.from({ length: accesses }, (_, i) => i + 1),
  );
});

Deno.test("trials meet each list with each scheduler, with faults and without", () => {
  const trials = Array.from({ length: 60 }, (_, i) => trialOf(i + 1));
  const made = new Set(trials.map(({ list, scheduler }) => `${list} ${scheduler}`));
  assert.equal(made.size, 6);
  assert.deepEqual([...new Set(trials.map(({ faults }) => faults > 0))].sort(), [false, true]);
  assert.equal(new Set(trials.map(({ strategy }) => strategy)).size, 4);
});
