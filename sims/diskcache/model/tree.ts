/**
 * The list that grows: a balanced tree (AVL) of blocks for each drive, in which each node knows
 * what there is below it, as in the guest's tree.c.
 */
import { type BlockAddress, Flag } from "../port.ts";
import { type BlockList, emptySlot, isIdle, isPending, renew, type Slot } from "./list.ts";

interface Node extends Slot {
  left: Node | undefined;
  right: Node | undefined;
  height: number;
  /** Of the node and all below it: ways in which some are pending, and the oldest. */
  pending: number;
  idle: Slot | undefined;
  write: Slot | undefined;
}

const DRIVES = 4;

export class Tree implements BlockList {
  readonly #nodes: Node[] = [];
  readonly #free: Node[] = [];
  readonly #roots: (Node | undefined)[] = new Array(DRIVES).fill(undefined);

  constructor(readonly limit: number) {}

  get length(): number {
    return this.#nodes.length;
  }

  [Symbol.iterator](): Iterator<Slot> {
    return this.#nodes.values();
  }

  find({ drive, lba }: BlockAddress): Slot | undefined {
    let node = this.#roots[drive];
    while (node && node.lba !== lba) node = lba < node.lba ? node.left : node.right;
    return node;
  }

  make(at: BlockAddress, onPurge: () => void): Slot | undefined {
    let node = this.#free.pop() ?? this.#grow();
    if (!node) {
      node = this.#oldestIdle();
      if (!node) return undefined;
      this.#takeOut(node);
      onPurge();
    }
    renew(node, at);
    this.#roots[at.drive] = insert(this.#roots[at.drive], node);
    return node;
  }

  drop(slot: Slot): void {
    this.#takeOut(slot);
    slot.flags = 0;
    this.#free.push(slot as Node);
  }

  changed(slot: Slot): void {
    if (slot.flags) summarizeTo(this.#roots[slot.drive]!, slot.lba);
  }

  /** The order of the list is that of the drives and their blocks. */
  first(channel: number, flag: number): Slot | undefined {
    return findAbove(this.#roots[2 * channel], 0, flag) ??
      findAbove(this.#roots[2 * channel + 1], 0, flag);
  }

  above({ drive, lba }: BlockAddress, flag: number): Slot | undefined {
    return findAbove(this.#roots[drive], lba, flag);
  }

  below({ drive, lba }: BlockAddress, flag: number): Slot | undefined {
    return findBelow(this.#roots[drive], lba, flag);
  }

  oldestWrite(channel: number): Slot | undefined {
    return olderWrite(this.#roots[2 * channel]?.write, this.#roots[2 * channel + 1]?.write);
  }

  /** One that was never used. */
  #grow(): Node | undefined {
    if (this.#nodes.length === this.limit) return undefined;
    const below = { height: 1, pending: 0, idle: undefined, write: undefined };
    const node = { ...emptySlot(this.length), left: undefined, right: undefined, ...below };
    this.#nodes.push(node);
    return node;
  }

  #oldestIdle(): Node | undefined {
    return this.#roots.reduce<Slot | undefined>((a, b) => olderIdle(a, b?.idle), undefined) as Node;
  }

  #takeOut({ drive, lba }: Slot): void {
    this.#roots[drive] = takeOut(this.#roots[drive]!, lba);
  }
}

function height(node: Node | undefined): number {
  return node ? node.height : 0;
}

function olderIdle(a: Slot | undefined, b: Slot | undefined): Slot | undefined {
  if (!a || !b) return a ?? b;
  return a.access < b.access ? a : b;
}

function olderWrite(a: Slot | undefined, b: Slot | undefined): Slot | undefined {
  if (!a || !b) return a ?? b;
  return a.filling < b.filling ? a : b;
}

function summarize(node: Node): void {
  const { left, right } = node;
  node.height = 1 + Math.max(height(left), height(right));
  const reads = isPending(node, Flag.READ_PENDING);
  const writes = isPending(node, Flag.WRITE_PENDING);
  node.pending = (left ? left.pending : 0) | (right ? right.pending : 0) |
    (reads ? Flag.READ_PENDING : 0) | (writes ? Flag.WRITE_PENDING : 0);
  const idle = isIdle(node) ? node : undefined;
  node.idle = olderIdle(olderIdle(idle, left?.idle), right?.idle);
  node.write = olderWrite(olderWrite(writes ? node : undefined, left?.write), right?.write);
}

function rotateRight(node: Node): Node {
  const top = node.left!;
  node.left = top.right;
  top.right = node;
  summarize(node);
  summarize(top);
  return top;
}

function rotateLeft(node: Node): Node {
  const top = node.right!;
  node.right = top.left;
  top.left = node;
  summarize(node);
  summarize(top);
  return top;
}

/** The subtree with heights of its children that differ by one at most; gives its new top. */
function balance(node: Node): Node {
  const { left, right } = node;
  if (left && left.height > height(right) + 1) {
    if (height(left.right) > height(left.left)) node.left = rotateLeft(left);
    return rotateRight(node);
  }
  if (right && right.height > height(left) + 1) {
    if (height(right.left) > height(right.right)) node.right = rotateRight(right);
    return rotateLeft(node);
  }
  summarize(node);
  return node;
}

function insert(top: Node | undefined, node: Node): Node {
  if (!top) {
    node.left = node.right = undefined;
    summarize(node);
    return node;
  }
  if (node.lba < top.lba) top.left = insert(top.left, node);
  else top.right = insert(top.right, node);
  return balance(top);
}

/** The subtree without its first node, and that node. */
function takeFirst(top: Node): readonly [rest: Node | undefined, first: Node] {
  if (!top.left) return [top.right, top];
  const [left, first] = takeFirst(top.left);
  top.left = left;
  return [balance(top), first];
}

function takeOut(top: Node, lba: number): Node | undefined {
  if (lba < top.lba) top.left = takeOut(top.left!, lba);
  else if (lba > top.lba) top.right = takeOut(top.right!, lba);
  else {
    if (!top.left || !top.right) return top.left ?? top.right;
    const [right, heir] = takeFirst(top.right);
    heir.left = top.left;
    heir.right = right;
    return balance(heir);
  }
  return balance(top);
}

/** The nodes from the top to the block, from below. */
function summarizeTo(top: Node, lba: number): void {
  if (lba < top.lba) summarizeTo(top.left!, lba);
  else if (lba > top.lba) summarizeTo(top.right!, lba);
  summarize(top);
}

function findAbove(top: Node | undefined, lba: number, flag: number): Slot | undefined {
  if (!top || !(top.pending & flag)) return undefined;
  if (top.lba < lba) return findAbove(top.right, lba, flag);
  return findAbove(top.left, lba, flag) ??
    (isPending(top, flag) ? top : findAbove(top.right, lba, flag));
}

function findBelow(top: Node | undefined, lba: number, flag: number): Slot | undefined {
  if (!top || !(top.pending & flag)) return undefined;
  if (top.lba >= lba) return findBelow(top.left, lba, flag);
  return findBelow(top.right, lba, flag) ??
    (isPending(top, flag) ? top : findBelow(top.left, lba, flag));
}
