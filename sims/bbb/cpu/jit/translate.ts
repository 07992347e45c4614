/**
 * Writes the blocks of a region. WebAssembly has no jumps: a block is left forwards by a branch to
 * the end of a `block`, backwards by one to the start of a `loop`. So each stretch of blocks that
 * is jumped back into becomes a loop around its blocks, which may have loops in it, and starts with
 * a branch table: from wherever the loop is entered to the block that local `entry` names.
 */
import { Op } from "../op.ts";
import { writeBranch } from "./branches.ts";
import { writeAddress, writeData } from "./data.ts";
import { pushCondition } from "./flags.ts";
import {
  conditional,
  dataOf,
  type Instruction,
  itState,
  next,
  op,
  rd,
  stateBehind,
  target,
} from "./instruction.ts";
import { goesToTarget } from "./kind.ts";
import { type Loop, loopsOf } from "./loops.ts";
import { MEDIA } from "./media.ts";
import { writeBlock, writeMemory } from "./memory.ts";
import { addressOf, type Block, type Region } from "./region.ts";
import type { Label } from "./wasm_code.ts";
import { type RegionPlace, RegionWriter } from "./writer.ts";

/** The body of the region's function, as {@linkcode encodeModule} takes it. */
export function translate(region: Region, place: RegionPlace): Uint8Array<ArrayBuffer> {
  const writer = new RegionWriter(place);
  const translator = new Translator(region, writer);
  return writer.function(() => translator.write());
}

/** A loop that is being written, or the whole region. */
interface Scope {
  readonly first: number;
  readonly again: Label;
  /** By the first block of what is in the loop and not written yet: where a branch gets there. */
  readonly ahead: Map<number, Label>;
  /** Blocks behind it are of the loops in it. */
  readonly within: Map<number, number>;
}

class Translator {
  readonly #indices: ReadonlyMap<number, number>;
  readonly #scopes: Scope[] = [];
  readonly #loops: Loop;

  constructor(private readonly region: Region, private readonly w: RegionWriter) {
    this.#indices = new Map(region.blocks.map((block, index) => [addressOf(block), index]));
    this.#loops = loopsOf(region.blocks.length, this.#jumpsBack());
  }

  write(): void {
    this.#writeLoop(this.#loops, this.w.labels.dispatch);
  }

  /** Pairs of blocks: from the one to the other, which is not behind it. */
  *#jumpsBack(): Iterable<readonly [from: number, to: number]> {
    for (const [from, { instructions }] of this.region.blocks.entries()) {
      const last = instructions.at(-1)!;
      const to = goesToTarget(last) ? this.#indices.get(target(last)) : undefined;
      if (to !== undefined && to <= from) yield [from, to];
    }
  }

  /** What a loop repeats; `again` is the label of it. */
  #writeLoop({ first, last, parts }: Loop, again: Label): void {
    const { code, entry } = this.w;
    const scope: Scope = { first, again, ahead: new Map(), within: new Map() };
    const labels: Label[] = [];
    for (const part of parts.toReversed()) {
      const label = code.block();
      labels.unshift(label);
      scope.ahead.set(part.first, label);
      for (let i = part.first; i <= part.last; i++) scope.within.set(i, part.first);
    }
    if (last > first) this.#dispatch(first, last, scope);
    this.#scopes.push(scope);
    for (const part of parts) {
      if (needsEntry(part)) {
        // Who falls into a loop gets to its start; who branches into it has said where to.
        code.i32(part.first).set(entry);
      }
      code.end();
      scope.ahead.delete(part.first);
      this.#writePart(part);
    }
    this.#scopes.pop();
  }

  #writePart(part: Loop): void {
    if (!part.repeats) return this.#writeBlock(part.first);
    const { code } = this.w;
    const again = code.loop();
    if (part.first === part.last) {
      this.#scopes.push({ first: part.first, again, ahead: new Map(), within: new Map() });
      this.#writeBlock(part.first);
      this.#scopes.pop();
    } else this.#writeLoop(part, again);
    code.end();
  }

  /** Goes to the block that `entry` names; mostly that is the first. */
  #dispatch(first: number, last: number, { ahead, within }: Scope): void {
    const { code, entry } = this.w;
    const to = Array.from(
      { length: last - first + 1 },
      (_, i) => ahead.get(within.get(first + i)!)!,
    );
    code.get(entry).i32(first).op("eq").brIf(to[0]!);
    code.get(entry).i32(first).op("sub").brTable(to, to.at(-1)!);
  }

  /** Goes to an address outside IT blocks, in the region or out of it. */
  #goto(address: number): void {
    const index = this.#blockAt(address, 0);
    if (index === undefined) this.w.jump(address);
    else this.#gotoBlock(index);
  }

  #gotoBlock(index: number): void {
    const { code, entry } = this.w;
    for (const scope of this.#scopes.toReversed()) {
      const part = scope.within.get(index);
      const label = part === undefined ? undefined : scope.ahead.get(part);
      if (label === undefined && scope.first !== index) continue;
      code.i32(index).set(entry).br(label ?? scope.again);
      return;
    }
    throw new Error(`block ${index} cannot be reached`);
  }

  #writeBlock(index: number): void {
    const { instructions } = this.region.blocks[index]!;
    const last = instructions.at(-1)!;
    const { kind } = last;
    const count = instructions.length - (kind === "step" ? 1 : 0);
    this.w.compared = false;
    this.w.charge(instructions[0]!, count);
    for (const [at, i] of instructions.entries()) {
      this.w.rest = count - at - 1;
      if (i.kind === "plain") this.#writeIf(i, () => writePlain(this.w, i));
    }
    if (kind === "step") return this.#writeStep(last);
    if (kind === "branch") {
      this.#writeIf(last, () => writeBranch(this.w, last, (address) => this.#goto(address)));
    }
    this.#writeEnd(index, last);
  }

  /** Under the instruction's condition. */
  #writeIf(i: Instruction, write: () => void): void {
    if (!conditional(i) || op(i) === Op.IT) return write();
    const before = this.w.compared;
    pushCondition(this.w, (i.w1 >>> 16) & 15);
    this.w.code.if();
    write();
    this.w.code.end();
    this.w.compared &&= before;
  }

  /** The interpreter executes it, and comes back to the block behind it. */
  #writeStep(i: Instruction): void {
    const { code, entry, pc, labels, stepped } = this.w;
    this.w.at(i);
    const following = this.#blockAt(next(i), stateBehind(i));
    if (following === undefined) code.br(labels.leave);
    else {
      const simple = !conditional(i) && itState(i) === 0;
      const words = [simple ? op(i) : Op.UNDECODED, i.w1, i.w2, i.w3];
      for (const [n, word] of words.entries()) code.i32(word).set(stepped[n]!);
      code.i32(following).set(entry).i32(next(i)).set(pc).br(labels.step);
    }
  }

  /** Goes on behind the block, where it may: to the block that is written next, or by a branch. */
  #writeEnd(index: number, last: Instruction): void {
    const falls = last.kind !== "branch" || conditional(last) ||
      op(last) === Op.CBZ || op(last) === Op.CBNZ;
    if (!falls) {
      if (!conditional(last)) this.w.code.op("unreachable");
      return;
    }
    const behind = this.#blockAt(next(last), stateBehind(last));
    const innermost = this.#scopes.at(-1)!;
    if (behind === index + 1 && innermost.ahead.has(behind)) return;
    if (behind !== undefined) return this.#gotoBlock(behind);
    if (stateBehind(last) === 0) return void this.w.jump(next(last));
    this.w.behind(last).code.br(this.w.labels.leave); // In an IT block, which no other code enters.
  }

  /** The block at an address, if there is one for that ITSTATE. */
  #blockAt(address: number, it: number): number | undefined {
    const index = this.#indices.get(address);
    if (index === undefined) return undefined;
    return itState(this.region.blocks[index]!.instructions[0]!) === it ? index : undefined;
  }
}

function needsEntry(part: Loop): boolean {
  return part.repeats && part.last > part.first;
}

function writePlain(w: RegionWriter, i: Instruction): void {
  const what = op(i);
  if (dataOf(i)) writeData(w, i, () => w.write(rd(i)));
  else if (what === Op.ADR || what === Op.MOVT) writeAddress(w, i);
  else if (what >= Op.MEMORY && what < Op.LDM) writeMemory(w, i);
  else if (what === Op.LDM || what === Op.STM) writeBlock(w, i);
  else MEDIA.get(what)?.(w, i);
}

export type { Block };
