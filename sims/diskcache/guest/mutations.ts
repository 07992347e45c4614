/**
 * Defects that can be built into the guest, and the scenario that must notice each: `buildGuest`
 * takes one by its name, `deno task mutate` tries them all.
 */

export interface Mutation {
  /** One word, which may name a target on a bench; stands in several rows if several notice it. */
  readonly name: string;
  /** MUTATION_… in mutations.h. */
  readonly define: string;
  readonly breaks: string;
  /** From the root of the repository. */
  readonly file: string;
  /** The scenario that must fail. */
  readonly scenario: string;
}

const FOLDER = "scenarios/diskcache";

/** Defects by the scenario that notices them: [name, what it breaks]. */
const BY_SCENARIO: readonly {
  readonly file: string;
  readonly scenario: string;
  readonly defects: readonly (readonly [name: string, breaks: string])[];
}[] = [
  {
    file: "reading",
    scenario: "a hit is served without disk I/O",
    defects: [["hit-asks-disk", "a block in the cache is read from disk again"]],
  },
  {
    file: "reading",
    scenario: "two equal reads cause one request",
    defects: [
      ["no-join", "a second reader does not find the entry that is being read"],
      ["entry-not-atomic", "another thread comes in between look-up and making of an entry"],
    ],
  },
  {
    file: "reading",
    scenario: "a read while a write is pending is served from memory",
    defects: [["read-waits-for-write", "a reader waits until the block is on disk"]],
  },
  {
    file: "writing",
    scenario: "a write to an uncached block reads nothing from disk",
    defects: [["write-reads-first", "a write of a block that is not there reads it first"]],
  },
  {
    file: "writing",
    scenario: "an update while a write is pending waits for it",
    defects: [["update-while-dirty", "a block changes before its last write is on disk"]],
  },
  {
    file: "writing",
    scenario: "an update waits while a reader copies the block out",
    defects: [["update-while-read", "a block changes while a reader copies it out"]],
  },
  {
    file: "writing",
    scenario: "a fill-pending entry is neither read nor flushed",
    defects: [
      ["reads-fill-pending", "a reader takes a block that its writer has not filled"],
      ["flushes-fill-pending", "the disk is given a block that its writer has not filled"],
      ["evicts-fill-pending", "an entry whose writer has not filled it makes room"],
    ],
  },
  {
    file: "writing",
    scenario: "sync puts all that is dirty on disk and flushes the drives",
    defects: [
      ["no-flush", "sync leaves the drives' own caches as they are"],
      ["flush-too-early", "sync flushes the drives before it writes"],
    ],
  },
  {
    file: "scheduling",
    scenario: "reads go before writes",
    defects: [["writes-first", "a pending write is given to the drive before a pending read"]],
  },
  {
    file: "scheduling",
    scenario: "four drives work at once",
    defects: [
      ["slave-for-master", "master and slave are mixed up"],
      ["second-channel-forgotten", "the secondary channel gets no requests"],
      ["one-channel-at-a-time", "a channel waits until the other one is idle"],
    ],
  },
  {
    file: "eviction",
    scenario: "the oldest idle entry is evicted",
    defects: [
      ["evicts-newest", "the entry with the last access makes room"],
      ["hit-stays-old", "a hit does not count as an access"],
    ],
  },
  {
    file: "eviction",
    scenario: "a pending entry is never evicted",
    defects: [
      ["evicts-dirty", "an entry that is not on disk makes room"],
      ["evicts-read-pending", "an entry that is being read makes room"],
    ],
  },
  {
    file: "eviction",
    scenario: "an in-use entry is never evicted",
    defects: [["evicts-in-use", "an entry that is being copied out makes room"]],
  },
  {
    file: "eviction",
    scenario: "a cache full of dirty entries makes room by writing",
    defects: [["write-wakes-nobody", "who waits is not told that a block was written"]],
  },
  {
    file: "orders",
    scenario: "the elevator turns at its last request",
    defects: [["elevator-never-turns", "after the last block the arm goes back to the first one"]],
  },
  {
    file: "orders",
    scenario: "the drives of a channel take turns, each with its own arm",
    defects: [
      ["elevator-stays", "a drive that has a request is asked before the other one"],
      ["one-arm-for-all", "the arms of a channel's drives are taken for one"],
    ],
  },
  {
    file: "orders",
    scenario: "a write past its deadline goes before reads, and every second turn is theirs",
    defects: [
      ["deadline-ignored", "a write waits as long as there are reads"],
      ["overdue-takes-all", "reads wait as long as writes are overdue"],
      ["deadline-takes-newest", "of the overdue writes the newest goes first"],
    ],
  },
  {
    file: "orders",
    scenario: "a tree keeps the blocks that were used last, and loses none",
    defects: [
      ["tree-loses-a-node", "a node falls out of the tree when it is balanced"],
      ["tree-purges-newest", "the idle entry with the last access makes room in a tree"],
      ["tree-forgets-changes", "nodes of the tree do not know what has changed below them"],
    ],
  },
  {
    file: "orders",
    scenario: "the elevator turns at its last request in a tree, too",
    defects: [["tree-pending-unsorted", "the tree gives the pending block at its top first"]],
  },
  {
    file: "errors",
    scenario: "a read error reaches the reader and nobody else",
    defects: [
      ["error-swallowed", "what the drive says of an error is not looked at"],
      ["error-sticks", "an entry that could not be read stays in the cache"],
    ],
  },
  {
    file: "errors",
    scenario: "a write error is reported by sync and the block stays dirty",
    defects: [
      ["write-error-cleans", "a block that could not be written counts as written"],
      ["write-error-tried-for-ever", "a block that could not be written is tried without end"],
    ],
  },
  {
    file: "drives",
    scenario: "a block beyond 2^28 is read and written",
    defects: [
      ["lba-28", "address bits above 28 are lost"],
      ["lba-32", "address bits above 32 are lost"],
    ],
  },
  {
    file: "drives",
    scenario: "a drive that hangs is reset and the next request works",
    defects: [
      ["timeout-unnoticed", "nobody looks how long a request takes"],
      ["no-reset", "the drive is not reset after a time-out"],
      ["late-interrupt-taken", "the end of a request that was given up ends the reset"],
    ],
  },
  {
    file: "concurrency",
    scenario: "random work under preemption never reads a wrong block",
    defects: [["copies-unprotected", "an entry is not in use while it is copied out"]],
  },
  {
    file: "machine",
    scenario: "the guest answers 100 framed commands with a clean link",
    defects: [["line-numbers-go-on", "an answer's lines are counted on from the last answer"]],
  },
  {
    file: "machine",
    scenario: "a panic fails what waits on the console",
    defects: [["silent-panic", "a panic stops the machine without a word"]],
  },
  {
    file: "machine",
    scenario: "drives that are not there are not found",
    defects: [["slaves-not-looked-for", "only masters are found"]],
  },
];

export const MUTATIONS: readonly Mutation[] = BY_SCENARIO.flatMap(({ file, scenario, defects }) =>
  defects.map(([name, breaks]) => ({
    name,
    define: name.toUpperCase().replaceAll("-", "_"),
    breaks,
    file: `${FOLDER}/${file}.scenario.ts`,
    scenario,
  }))
);
