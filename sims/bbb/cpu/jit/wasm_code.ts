/**
 * Writes the body of a WebAssembly function (WebAssembly core specification 2.0, chapter 5), with
 * tail calls. Only what translated ARM code needs: 32-bit integers, and 64-bit ones for long
 * multiplies.
 */

/** Opcodes without immediates (section 5.4.7), parametric ones, and two of control. */
// deno-fmt-ignore
export const OP = {
  unreachable: 0x00, return: 0x0f, drop: 0x1a, select: 0x1b,
  eqz: 0x45, eq: 0x46, ne: 0x47, lt_s: 0x48, lt_u: 0x49, gt_s: 0x4a, gt_u: 0x4b,
  le_s: 0x4c, le_u: 0x4d, ge_s: 0x4e, ge_u: 0x4f,
  clz: 0x67, ctz: 0x68, add: 0x6a, sub: 0x6b, mul: 0x6c,
  and: 0x71, or: 0x72, xor: 0x73, shl: 0x74, shr_s: 0x75, shr_u: 0x76, rotl: 0x77, rotr: 0x78,
  extend8_s: 0xc0, extend16_s: 0xc1,
  i64_add: 0x7c, i64_mul: 0x7e, i64_or: 0x84, i64_shl: 0x86, i64_shr_u: 0x88,
  wrap: 0xa7, i64_extend_s: 0xac, i64_extend_u: 0xad,
} as const;

/** Loads and stores (section 5.4.6): opcode, and log2 of the natural alignment. */
// deno-fmt-ignore
export const ACCESS = {
  load: [0x28, 2], load8_s: [0x2c, 0], load8_u: [0x2d, 0], load16_s: [0x2e, 1], load16_u: [0x2f, 1],
  store: [0x36, 2], store8: [0x3a, 0], store16: [0x3b, 1],
} as const satisfies Record<string, readonly [number, number]>;
export type Access = keyof typeof ACCESS;

/** Value types (section 5.3.1), and the empty block type. */
export const I32 = 0x7f;
export const I64 = 0x7e;
const EMPTY = 0x40;

/** A block, loop or if that is open: what a branch goes to. */
export type Label = number & { readonly label: unique symbol };

/** Bytes that grow. */
export class Bytes {
  #bytes = new Uint8Array(1024);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** The bytes so far: a view, until more are written. */
  get view(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#length);
  }

  byte(value: number): this {
    if (this.#length === this.#bytes.length) this.#grow(1);
    this.#bytes[this.#length++] = value;
    return this;
  }

  append(bytes: Uint8Array): this {
    if (this.#length + bytes.length > this.#bytes.length) this.#grow(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
    return this;
  }

  /** Unsigned LEB128 of the low 32 bits. */
  unsigned(value: number): this {
    let rest = value >>> 0;
    for (; rest > 0x7f; rest >>>= 7) this.byte(rest & 0x7f | 0x80);
    return this.byte(rest);
  }

  /** Signed LEB128 of the low 32 bits. */
  signed(value: number): this {
    let rest = value | 0;
    for (; rest < -64 || rest > 63; rest >>= 7) this.byte(rest & 0x7f | 0x80);
    return this.byte(rest & 0x7f);
  }

  /** Length in bytes, then the bytes. */
  sized(bytes: Uint8Array): this {
    return this.unsigned(bytes.length).append(bytes);
  }

  /** A name (section 5.2.4). */
  name(text: string): this {
    return this.sized(new TextEncoder().encode(text));
  }

  #grow(by: number): void {
    const grown = new Uint8Array(2 * this.#bytes.length + by);
    grown.set(this.#bytes);
    this.#bytes = grown;
  }
}

/** The body of one function. Methods give `this`, to be chained. */
export class Code {
  readonly #bytes = new Bytes();
  readonly #locals: number[] = [];
  #open = 0;

  /** @param parameters how many; their indices come before those of locals */
  constructor(readonly parameters: number) {}

  /** A new local of that type; its index. */
  local(type: number = I32): number {
    return this.parameters + this.#locals.push(type) - 1;
  }

  op(...names: (keyof typeof OP)[]): this {
    for (const name of names) this.#bytes.byte(OP[name]);
    return this;
  }

  i32(value: number): this {
    this.#bytes.byte(0x41).signed(value);
    return this;
  }

  /** A 64-bit constant that fits in 32 bits, signed. */
  i64(value: number): this {
    this.#bytes.byte(0x42).signed(value);
    return this;
  }

  get(local: number): this {
    this.#bytes.byte(0x20).unsigned(local);
    return this;
  }

  set(local: number): this {
    this.#bytes.byte(0x21).unsigned(local);
    return this;
  }

  tee(local: number): this {
    this.#bytes.byte(0x22).unsigned(local);
    return this;
  }

  /** A load or store; the address is on the stack, `offset` is added to it. */
  memory(access: Access, offset = 0): this {
    const [opcode, alignment] = ACCESS[access];
    this.#bytes.byte(opcode).unsigned(alignment).unsigned(offset);
    return this;
  }

  call(index: number): this {
    this.#bytes.byte(0x10).unsigned(index);
    return this;
  }

  /** Calls what the first table has at the index on the stack. */
  callIndirect(type: number): this {
    this.#bytes.byte(0x11).unsigned(type).unsigned(0);
    return this;
  }

  /** The same, instead of returning: this function's frame is gone. */
  returnCallIndirect(type: number): this {
    this.#bytes.byte(0x13).unsigned(type).unsigned(0);
    return this;
  }

  block(type = EMPTY): Label {
    return this.#enter(0x02, type);
  }

  loop(type = EMPTY): Label {
    return this.#enter(0x03, type);
  }

  if(type = EMPTY): Label {
    return this.#enter(0x04, type);
  }

  else(): this {
    this.#bytes.byte(0x05);
    return this;
  }

  /** Closes the innermost block, loop or if. */
  end(): this {
    this.#open--;
    this.#bytes.byte(0x0b);
    return this;
  }

  /** Branches to a label that is open: out of a block or if, to the start of a loop. */
  br(to: Label): this {
    this.#bytes.byte(0x0c).unsigned(this.#open - to);
    return this;
  }

  brIf(to: Label): this {
    this.#bytes.byte(0x0d).unsigned(this.#open - to);
    return this;
  }

  brTable(to: readonly Label[], otherwise: Label): this {
    this.#bytes.byte(0x0e).unsigned(to.length);
    for (const label of to) this.#bytes.unsigned(this.#open - label);
    this.#bytes.unsigned(this.#open - otherwise);
    return this;
  }

  /** As the code section has it (5.5.13), without its size; `before`: what it starts with. */
  encode(before?: Code): Uint8Array<ArrayBuffer> {
    if (this.#open !== 0) throw new Error(`${this.#open} blocks are not closed`);
    const body = new Bytes().unsigned(this.#locals.length);
    for (const type of this.#locals) body.unsigned(1).byte(type);
    if (before) body.append(before.#bytes.view);
    return body.append(this.#bytes.view).byte(0x0b).view;
  }

  #enter(opcode: number, type: number): Label {
    this.#bytes.byte(opcode).byte(type);
    return ++this.#open as Label;
  }
}
