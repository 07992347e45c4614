/** The guest's lists and schedulers, built as WebAssembly, against those of the model. */
import assert from "node:assert/strict";
import { ms } from "hil";
import { Random } from "../../engine/mod.ts";
import { Deadline, FirstPending, type IoScheduler, Look } from "../model/io_scheduler.ts";
import { type BlockList, FixedArray } from "../model/list.ts";
import { Tree } from "../model/tree.ts";
import { type BlockAddress, Flag } from "../port.ts";
import { MUTATIONS } from "./mutations.ts";
import { Toolchain } from "sims/toolchain/mod.ts";

const HERE = new URL(".", import.meta.url).pathname;
const UNITS = ["fixed_array.c", "tree.c", "first_pending.c", "look.c", "deadline.c"];
// deno-fmt-ignore
const FLAGS = [
  "--target=wasm32", "-std=c17", "-O2", "-ffreestanding", "-fno-builtin", "-nostdlib",
  "-Wall", "-Wextra", "-Werror", "-I", ".", "-Wl,--no-entry", "-Wl,--export-all",
];

interface Guest {
  begin(tree: boolean, limit: number, order: number, deadlineMs: number, pages: number): number;
  set_time(ms: number): void;
  make(drive: number, lba: number): number;
  has(drive: number, lba: number): number;
  change(drive: number, lba: number, flags: number, atDrive: boolean, failed: boolean): void;
  drop(drive: number, lba: number): void;
  next(channel: number, flag: number): number;
  overdue(channel: number): number;
  length(): number;
}

/** Builds it anew; each instance is a machine. */
async function build(mutation?: string): Promise<() => Guest> {
  const toolchain = new Toolchain("guest's lists as WebAssembly");
  const file = await Deno.makeTempFile({ suffix: ".wasm" });
  try {
    const defect = MUTATIONS.find(({ name }) => name === mutation);
    const flags = defect ? [...FLAGS, `-DMUTATE=MUTATION_${defect.define}`] : FLAGS;
    const units = [...UNITS, "testing/orders.c"];
    await toolchain.run(await toolchain.find("clang"), [...flags, ...units, "-o", file], HERE);
    const module = await WebAssembly.compile(await Deno.readFile(file));
    return () => new WebAssembly.Instance(module).exports as unknown as Guest;
  } finally {
    await Deno.remove(file);
  }
}

const SCHEDULERS = ["first-pending", "look", "deadline"] as const;
const DEADLINE = ms(7);
const NOTHING = -1;

/** The model's side of the same calls. */
class Model implements Guest {
  #list!: BlockList;
  #scheduler!: IoScheduler;
  #ms = 0;
  #changes = 0;

  begin(tree: boolean, limit: number, order: number): number {
    this.#list = tree ? new Tree(limit) : new FixedArray(limit);
    const all = [new FirstPending(), new Look(), new Deadline(DEADLINE, () => this.#ms * 1e6)];
    this.#scheduler = all[order]!;
    return 1;
  }
  set_time(ms: number): void {
    this.#ms = ms;
  }
  make(drive: number, lba: number): number {
    let purged = false;
    const slot = this.#list.make({ drive, lba }, () => purged = true);
    return slot ? purged ? 2 : 1 : 0;
  }
  has(drive: number, lba: number): number {
    return Number(this.#list.find({ drive, lba }) !== undefined);
  }
  change(drive: number, lba: number, flags: number, atDrive: boolean, failed: boolean): void {
    const slot = this.#list.find({ drive, lba })!;
    slot.access = slot.filling = ++this.#changes;
    const writing = { over: false, ...(failed && { error: "error=04" }) };
    Object.assign(slot, { flags, atDrive, writing, filled: this.#ms * 1e6 });
    this.#list.changed(slot);
  }
  drop(drive: number, lba: number): void {
    this.#list.drop(this.#list.find({ drive, lba })!);
  }
  next(channel: number, flag: number): number {
    return keyOf(this.#scheduler.next(this.#list, channel, flag));
  }
  overdue(channel: number): number {
    return keyOf(this.#scheduler.overdue(this.#list, channel));
  }
  length(): number {
    return this.#list.length;
  }
}

function keyOf(at: BlockAddress | undefined): number {
  return at ? at.lba * 4 + at.drive : NOTHING;
}

// deno-fmt-ignore
const STATES = [
  { flags: Flag.BLOCK_VALID }, { flags: Flag.BLOCK_VALID },
  { flags: Flag.BLOCK_VALID | Flag.IN_USE },
  { flags: Flag.BLOCK_VALID | Flag.FILL_PENDING },
  { flags: Flag.BLOCK_VALID | Flag.READ_PENDING | Flag.IN_USE },
  { flags: Flag.BLOCK_VALID | Flag.READ_PENDING | Flag.IN_USE, atDrive: true },
  { flags: Flag.BLOCK_VALID | Flag.WRITE_PENDING },
  { flags: Flag.BLOCK_VALID | Flag.WRITE_PENDING | Flag.IN_USE },
  { flags: Flag.BLOCK_VALID | Flag.WRITE_PENDING, atDrive: true },
  { flags: Flag.BLOCK_VALID | Flag.WRITE_PENDING, failed: true },
];
/** Blocks that a walk uses: few enough to meet again, enough to be purged. */
const BLOCKS = 40;
const LIMIT = 25;

/** What one of them answers to calls at random, one line each. */
function walk(guest: Guest, random: Random, tree: boolean, order: number, steps: number): string[] {
  const said: string[] = [];
  guest.begin(tree, LIMIT, order, DEADLINE.ms, 64);
  let time = 0;
  for (let i = 0; i < steps; i++) {
    const drive = random.below(4);
    const lba = random.below(BLOCKS / 2);
    const channel = random.below(2);
    const state: { flags: number; atDrive?: boolean; failed?: boolean } =
      STATES[random.below(STATES.length)]!;
    const flag = random.chance(0.5) ? Flag.READ_PENDING : Flag.WRITE_PENDING;
    guest.set_time(time += random.below(3));
    const does = random.below(8);
    const place = `${i}: ${drive}:${lba}`;
    if (does < 2) said.push(`next ${flag} of ${channel} is ${guest.next(channel, flag)}`);
    else if (does === 2) said.push(`overdue of ${channel} is ${guest.overdue(channel)}`);
    else if (!guest.has(drive, lba)) {
      const made = guest.make(drive, lba);
      said.push(`${place} made ${made}`);
      if (made) guest.change(drive, lba, state.flags, !!state.atDrive, !!state.failed);
    } else if (does === 3 && random.chance(0.3)) {
      guest.drop(drive, lba);
      said.push(`${place} dropped`);
    } else {
      guest.change(drive, lba, state.flags, !!state.atDrive, !!state.failed);
      said.push(`${place} changed to ${JSON.stringify(state)}`);
    }
  }
  return said;
}

const WALKS = 60;
const STEPS = 400;

for (const [order, scheduler] of SCHEDULERS.entries()) {
  Deno.test(`${scheduler} chooses the same in guest and model, for both lists`, async () => {
    const guest = await build();
    for (let seed = 0; seed < WALKS; seed++) {
      const walked = [false, true].map((tree) => {
        const wanted = walk(new Model(), new Random(seed), tree, order, STEPS);
        const got = walk(guest(), new Random(seed), tree, order, STEPS);
        assert.deepEqual(got, wanted, `seed ${seed}, ${tree ? "tree" : "array"}`);
        return wanted;
      });
      // The order of the list is that of blocks in a tree, that of places in an array.
      if (scheduler !== "first-pending") assert.deepEqual(walked[1], walked[0], `seed ${seed}`);
    }
  });
}

Deno.test("walks visit what lists and schedulers do", () => {
  const said = SCHEDULERS.flatMap((_, order) =>
    Array.from(
      { length: WALKS },
      (_, seed) => walk(new Model(), new Random(seed), true, order, STEPS),
    ).flat()
  );
  const count = (pattern: RegExp) => said.filter((line) => pattern.test(line)).length;
  assert.ok(count(/made 2$/) > 1000, "purges");
  assert.ok(count(/made 0$/) > 100, "no room");
  assert.ok(count(/dropped$/) > 500, "drops");
  assert.ok(count(/overdue of . is \d/) > 200, "overdue writes");
  assert.ok(count(/next . of . is \d/) > 5000, "choices");
});

for (const mutation of ["tree-loses-a-node", "tree-forgets-changes", "elevator-never-turns"]) {
  Deno.test(`the defect ${mutation} is seen by the walks`, async () => {
    const guest = await build(mutation);
    const isSeen = Array.from({ length: WALKS }, (_, seed) => seed).some((seed) => {
      const wanted = walk(new Model(), new Random(seed), true, 1, STEPS);
      try {
        return walk(guest(), new Random(seed), true, 1, STEPS).join() !== wanted.join();
      } catch (error) {
        return error instanceof WebAssembly.RuntimeError;
      }
    });
    assert.ok(isSeen);
  });
}

Deno.test("a tree without memory for more entries purges, and without any is refused", async () => {
  const instance = await build();
  const poor = instance();
  // A page of nodes, and two of eight blocks each.
  assert.ok(poor.begin(true, 1000, 0, 1, 3));
  const made = Array.from({ length: 40 }, (_, lba) => {
    const made = poor.make(lba & 3, lba);
    poor.change(lba & 3, lba, Flag.BLOCK_VALID, false, false);
    return made;
  });
  assert.deepEqual(made, [...new Array(16).fill(1), ...new Array(24).fill(2)]);
  assert.equal(poor.length(), 16);
  const left = made.map((_, lba) => lba).filter((lba) => poor.has(lba & 3, lba));
  assert.deepEqual(left, Array.from({ length: 16 }, (_, i) => 24 + i));
  assert.ok(!instance().begin(true, 1000, 0, 1, 1), "a page of nodes, none for blocks");
});
