/**
 * Defects that can be planted in the model, each of them a change of its source: so the source
 * itself knows nothing of them. A change whose text is not there any more is an error of its own.
 */

/** The promises of a cache, P1 to P9; P10 is that each of them is broken by a defect here. */
export type PromiseName = "P1" | "P2" | "P3" | "P4" | "P5" | "P6" | "P7" | "P8" | "P9";

export interface Bug {
  readonly name: string;
  /** What it is there for; it may be noticed by another one first. */
  readonly promise: PromiseName;
  readonly breaks: string;
  /** Of the folder `model/`. */
  readonly file: string;
  /** Each text is there once. */
  readonly edits: readonly (readonly [text: string, instead: string])[];
  /** Drives that it takes to show; default 1. */
  readonly drives?: number;
  /** It needs faults of the drives to show. */
  readonly faults?: boolean;
}

export const BUGS: readonly Bug[] = [
  {
    name: "evicts-in-use",
    promise: "P1",
    breaks: "an entry is evicted while a reader copies it out",
    file: "list.ts",
    edits: [
      ["return slot.flags === Flag.BLOCK_VALID;", "return (slot.flags & ~8) === Flag.BLOCK_VALID;"],
    ],
  },
  {
    name: "evicts-dirty",
    promise: "P1",
    breaks: "an entry that is not on disk makes room",
    file: "list.ts",
    edits: [
      ["return slot.flags === Flag.BLOCK_VALID;", "return (slot.flags & ~1) === Flag.BLOCK_VALID;"],
    ],
  },
  {
    name: "entry-made-twice",
    promise: "P1",
    breaks: "another thread comes in between the look-up and the making of an entry",
    file: "cache.ts",
    edits: [[
      "      const entry = slot ??",
      "      if (!slot) yield;\n      const entry = slot ??",
    ]],
  },
  {
    name: "find-ignores-drive",
    promise: "P1",
    breaks: "a block is taken for the same block of another drive",
    file: "list.ts",
    edits: [["slot.drive === drive && slot.lba === lba\n", "slot.lba === lba\n"]],
    drives: 2,
  },
  {
    name: "update-while-read",
    promise: "P2",
    breaks: "a block changes while a reader copies it out",
    file: "cache.ts",
    edits: [
      ["return slot.flags === Flag.BLOCK_VALID;", "return (slot.flags & ~8) === Flag.BLOCK_VALID;"],
    ],
  },
  {
    name: "reads-fill-pending",
    promise: "P2",
    breaks: "a reader takes a block that its writer has not filled",
    file: "cache.ts",
    edits: [["if (slot && slot.flags & Flag.FILL_PENDING)", "if (slot && slot.flags < 0)"]],
  },
  {
    name: "copies-unprotected",
    promise: "P2",
    breaks: "an entry is not in use while it is copied out",
    file: "cache.ts",
    edits: [["      entry.flags |= Flag.IN_USE;\n", ""]],
  },
  {
    name: "flush-not-sent",
    promise: "P3",
    breaks: "sync leaves the drives' own caches as they are",
    file: "cache.ts",
    edits: [
      ["this.#flushes.push(...flushes);", "for (const flush of flushes) flush.over = true;"],
    ],
  },
  {
    name: "sync-skips-in-flight",
    promise: "P3",
    breaks: "sync does not wait for a write that the drive has already been given",
    file: "cache.ts",
    edits: [[
      "slot.flags & Flag.WRITE_PENDING && drives",
      "slot.flags & 1 && !slot.atDrive && drives",
    ]],
  },
  {
    name: "wrong-lba-byte",
    promise: "P3",
    breaks: "address bits above 2 are lost when a block is written",
    file: "cache.ts",
    edits: [
      ['{ operation: "write", lba: slot.lba,', '{ operation: "write", lba: slot.lba & 3,'],
    ],
  },
  {
    name: "flush-before-writes",
    promise: "P4",
    breaks: "sync flushes the drives and then waits for the writes",
    file: "cache.ts",
    edits: [
      ["let error = yield* this.#outcomes(writes);", "let error: string | undefined;"],
      [
        "error = (yield* this.#outcomes(flushes)) ?? error;",
        "error = (yield* this.#outcomes(flushes)) ?? (yield* this.#outcomes(writes));",
      ],
    ],
  },
  {
    name: "flushes-half-filled",
    promise: "P5",
    breaks: "a block is pending before its writer has filled it: a mix goes to the disk",
    file: "cache.ts",
    edits: [
      [
        "        slot.flags = Flag.BLOCK_VALID | Flag.FILL_PENDING;\n",
        "        slot.flags = Flag.BLOCK_VALID | Flag.WRITE_PENDING;\n" +
        "        slot.writing = { over: false };\n",
      ],
    ],
  },
  {
    name: "flag-cleared-early",
    promise: "P5",
    breaks: "an entry counts as written when its write is given to the drive",
    file: "cache.ts",
    edits: [
      [
        "    this.statistics.writes++;\n",
        "    this.statistics.writes++;\n    slot.flags &= ~Flag.WRITE_PENDING;\n",
      ],
    ],
  },
  {
    name: "dirty-for-ever",
    promise: "P6",
    breaks: "a written block waits until something else wakes the channel",
    file: "cache.ts",
    edits: [
      [
        "    this.#changed.wakeAll();\n    this.scheduleIo(channelOf(at.drive));\n",
        "    this.#changed.wakeAll();\n",
      ],
    ],
  },
  {
    name: "lost-wake-up",
    promise: "P7",
    breaks: "who waits is not told that a block was written",
    file: "cache.ts",
    edits: [
      [
        "        this.#written[slot.drive]!++;\n      }\n      this.list.changed(slot);\n" +
        "      this.#changed.wakeAll();\n",
        "        this.#written[slot.drive]!++;\n      }\n      this.list.changed(slot);\n",
      ],
    ],
  },
  {
    name: "reader-wakes-nobody",
    promise: "P7",
    breaks: "who waits is not told that the last reader has copied the block out",
    file: "cache.ts",
    edits: [
      [
        "    this.#changed.wakeAll();\n    return { stamp, whole };",
        "    return { stamp, whole };",
      ],
    ],
  },
  {
    name: "search-ignores-channel",
    promise: "P7",
    breaks: "the search for pending entries does not look whose drive they are of",
    file: "list.ts",
    edits: [
      [
        "(slot) => channelOf(slot.drive) === channel && isPending(slot, flag)",
        "(slot) => isPending(slot, flag)",
      ],
    ],
    drives: 3,
  },
  {
    name: "error-sticks",
    promise: "P8",
    breaks: "an entry that could not be read stays in the cache",
    file: "cache.ts",
    edits: [["        this.list.drop(slot);\n", ""]],
    faults: true,
  },
  {
    name: "error-swallowed",
    promise: "P8",
    breaks: "what the drive says of an error is not looked at",
    file: "driver.ts",
    edits: [["      inFlight.error = error;\n", ""]],
    faults: true,
  },
  {
    name: "write-error-cleans",
    promise: "P8",
    breaks: "a block that could not be written counts as written",
    file: "cache.ts",
    edits: [["if (error) slot.writing.error = error;\n      else {", "{"]],
    faults: true,
  },
  {
    name: "idle-after-error",
    promise: "P8",
    breaks: "after an error nobody looks for the channel's next request",
    file: "driver.ts",
    edits: [
      [
        "    complete(error);\n    this.onIdle(channel);",
        "    complete(error);\n    if (!error) this.onIdle(channel);",
      ],
    ],
    faults: true,
  },
  {
    name: "completion-for-free-entry",
    promise: "P9",
    breaks: "an interrupt is taken for the end of a request that the drive is not at the end of",
    file: "driver.ts",
    edits: [["if (!request?.ended) {", "if (!request) {"]],
    faults: true,
  },
  {
    name: "interrupt-acknowledged-late",
    promise: "P9",
    breaks: "the channel becomes free after its next request was looked for",
    file: "driver.ts",
    edits: [
      [
        "    this.#busy[channel] = false;\n    complete(error);\n    this.onIdle(channel);\n",
        "    complete(error);\n    this.onIdle(channel);\n    this.#busy[channel] = false;\n",
      ],
    ],
  },
  {
    name: "interrupt-of-other-channel",
    promise: "P9",
    breaks: "the secondary channel's interrupts are taken for the primary's",
    file: "driver.ts",
    edits: [["      this.interrupt(channel);\n", "      this.interrupt(0);\n"]],
    drives: 3,
  },
  {
    name: "timeout-unnoticed",
    promise: "P9",
    breaks: "nobody looks how long a request takes",
    file: "driver.ts",
    edits: [["() => this.#giveUp(drive)", "() => {}"]],
    faults: true,
  },
  {
    name: "no-reset",
    promise: "P9",
    breaks: "the drive is not reset after a time-out",
    file: "driver.ts",
    edits: [["    drive.reset();\n", ""]],
    faults: true,
  },
];
