import assert from "node:assert/strict";
import { Random } from "hil/time/mod.ts";
import { loadParts, saveParts, VirtualClock, Wire } from "sims/engine/mod.ts";
import { Eeprom25aa256, EEPROM_25AA256_BYTES } from "./eeprom_25aa256.ts";

const WRSR = 1, WRITE = 2, READ = 3, WRDI = 4, RDSR = 5, WREN = 6;
const WIP = 1, WEL = 2;
const MS = 1_000_000;

function rig(contents?: Uint8Array) {
  const clock = new VirtualClock("board");
  const writeProtect = new Wire("WP", { pull: 1 });
  const chip = new Eeprom25aa256({ name: "25AA256", clock, contents, writeProtect });
  const protect = writeProtect.driver("jumper");
  return { clock, chip, protect };
}

/** A command; what came back. */
function command(chip: Eeprom25aa256, bytes: readonly number[]): number[] {
  chip.select(true);
  const answer = bytes.map((byte) => chip.transfer(byte, 8));
  chip.select(false);
  return answer;
}

const status = (chip: Eeprom25aa256) => command(chip, [RDSR, 0])[1]!;
const read = (chip: Eeprom25aa256, address: number, length: number) =>
  command(chip, [READ, address >> 8, address & 0xff, ...new Array(length).fill(0)]).slice(3);

function write({ chip, clock }: ReturnType<typeof rig>, address: number, bytes: readonly number[]) {
  command(chip, [WREN]);
  command(chip, [WRITE, address >> 8, address & 0xff, ...bytes]);
  clock.runTo(clock.now() + 5 * MS);
}

function writeStatus({ chip, clock }: ReturnType<typeof rig>, value: number) {
  command(chip, [WREN]);
  command(chip, [WRSR, value]);
  clock.runTo(clock.now() + 5 * MS);
}

Deno.test("a page is written in 5 ms, in which only the status can be read", () => {
  const { chip, clock } = rig();
  command(chip, [WREN]);
  assert.equal(status(chip), WEL);
  command(chip, [WRITE, 0x12, 0x34, 0xca, 0xfe]);
  assert.equal(status(chip), WIP | WEL);
  assert.deepEqual(read(chip, 0x1234, 1), [0xff]);
  command(chip, [WRITE, 0, 0, 0]);
  clock.runTo(5 * MS - 1);
  assert.equal(status(chip), WIP | WEL);
  clock.runTo(5 * MS);
  assert.equal(status(chip), 0);
  assert.deepEqual(read(chip, 0x1233, 4), [0xff, 0xca, 0xfe, 0xff]);
  assert.deepEqual(read(chip, 0, 1), [0xff], "what came in between was not heard");
});

Deno.test("without WREN, or after WRDI, nothing is written", () => {
  const board = rig();
  command(board.chip, [WRITE, 0, 0, 1]);
  assert.equal(status(board.chip), 0);
  command(board.chip, [WREN]);
  command(board.chip, [WRDI]);
  command(board.chip, [WRITE, 0, 0, 1]);
  assert.equal(status(board.chip), 0);
  assert.deepEqual(read(board.chip, 0, 1), [0xff]);
});

Deno.test("each write needs its own WREN", () => {
  const board = rig();
  write(board, 0, [1]);
  command(board.chip, [WRITE, 0, 1, 2]);
  assert.equal(status(board.chip), 0);
});

Deno.test("a write past the end of its page goes on at the page's start", () => {
  const board = rig();
  write(board, 0x7e, [1, 2, 3, 4]);
  assert.deepEqual(read(board.chip, 0x40, 2), [3, 4]);
  assert.deepEqual(read(board.chip, 0x7e, 4), [1, 2, 0xff, 0xff]);
});

Deno.test("of more than 64 bytes the last 64 are written", () => {
  const board = rig();
  write(board, 0x100, Array.from({ length: 70 }, (_, i) => i));
  assert.deepEqual(read(board.chip, 0x100, 8), [64, 65, 66, 67, 68, 69, 6, 7]);
});

Deno.test("a read goes on over pages and from the last byte to the first", () => {
  const board = rig();
  write(board, 0x7fff, [0xaa]);
  write(board, 0, [0xbb]);
  assert.deepEqual(read(board.chip, 0x7fff, 2), [0xaa, 0xbb]);
  assert.deepEqual(read(board.chip, 0xffff, 1), [0xaa], "the highest address bit means nothing");
});

Deno.test("BP protects a quarter, a half, or all of it", () => {
  for (const [bp, first] of [[0, 0x8000], [4, 0x6000], [8, 0x4000], [0xc, 0]] as const) {
    const board = rig();
    writeStatus(board, bp);
    assert.equal(status(board.chip), bp);
    for (const address of [0, 0x3fc0, 0x4000, 0x5fc0, 0x6000, 0x7fc0]) {
      write(board, address, [0]);
      assert.deepEqual(read(board.chip, address, 1), [address < first ? 0 : 0xff]);
    }
  }
});

Deno.test("WPEN with a low WP pin protects the status register", () => {
  const board = rig();
  writeStatus(board, 0x80);
  board.protect.drive(0);
  writeStatus(board, 0x0c);
  assert.equal(status(board.chip), 0x82, "not written, and still enabled");
  board.protect.drive(undefined);
  writeStatus(board, 0x0c);
  assert.equal(status(board.chip), 0x0c);
});

Deno.test("a command that is cut within a byte is not carried out", () => {
  const { chip } = rig();
  chip.select(true);
  chip.transfer(WREN, 8);
  chip.transfer(0, 1);
  chip.select(false);
  assert.equal(status(chip), 0);
});

Deno.test("one 32-bit word reads as four bytes do", () => {
  const board = rig();
  write(board, 0x20, [0x5a]);
  board.chip.select(true);
  assert.equal(board.chip.transfer(READ * 2 ** 24 + 0x2000, 32) & 0xff, 0x5a);
});

Deno.test("the status can be read again and again in one command", () => {
  const { chip, clock } = rig();
  command(chip, [WREN]);
  command(chip, [WRITE, 0, 0, 0]);
  chip.select(true);
  chip.transfer(RDSR, 8);
  assert.equal(chip.transfer(0, 8), WIP | WEL);
  clock.runTo(5 * MS);
  assert.equal(chip.transfer(0, 8), 0);
});

Deno.test("power that goes during a write leaves the page as it was", () => {
  const board = rig();
  command(board.chip, [WREN]);
  command(board.chip, [WRITE, 0, 0, 0]);
  board.chip.powerOff();
  board.clock.runTo(10 * MS);
  assert.equal(status(board.chip), 0);
  assert.deepEqual(read(board.chip, 0, 1), [0xff]);
});

Deno.test("restored in the midst of a write it ends at the same time", () => {
  const random = new Random(3);
  for (let round = 0; round < 20; round++) {
    const board = rig();
    command(board.chip, [WREN]);
    command(board.chip, [WRITE, 0, round, round]);
    board.clock.runTo(random.below(5 * MS));
    const other = rig();
    other.clock.restore(board.clock.now());
    loadParts([other.chip], saveParts([board.chip]));
    for (const { clock, chip } of [board, other]) {
      clock.runTo(5 * MS - 1);
      assert.equal(status(chip), WIP | WEL);
      clock.runTo(5 * MS);
      assert.deepEqual(read(chip, round, 1), [round]);
    }
  }
});

Deno.test("contents larger than the chip are refused", () => {
  assert.throws(() => rig(new Uint8Array(EEPROM_25AA256_BYTES + 1)), {
    message: 'Cannot fill EEPROM "25AA256" with 32769 bytes: it has 32768; give no more',
  });
});

Deno.test("WREN and WRDI with more than their byte are not carried out", () => {
  const { chip } = rig();
  command(chip, [WREN, 0]);
  assert.equal(status(chip), 0);
  command(chip, [WREN]);
  command(chip, [WRDI, 0]);
  assert.equal(status(chip), WEL);
  command(chip, [WRITE, 0, 0]);
  assert.equal(status(chip), WEL, "a write of nothing");
});

Deno.test("an instruction that it does not have does nothing", () => {
  const { chip } = rig();
  assert.deepEqual(command(chip, [0x9f, 0, 0]), [0xff, 0xff, 0xff]);
  assert.equal(status(chip), 0);
});
