/** Bytes in their many guises: buffers and the views of them. */

type View = new (buffer: ArrayBuffer) => ArrayBufferView;

/** Those that are not a Uint8Array, by name. */
const VIEWS: Readonly<Record<string, View>> = {
  Uint8ClampedArray,
  Int8Array,
  Uint16Array,
  Int16Array,
  Uint32Array,
  Int32Array,
  Float32Array,
  Float64Array,
  BigUint64Array,
  BigInt64Array,
  DataView,
};

export interface Binary {
  readonly bytes: Uint8Array;
  /** What it was, unless a Uint8Array. */
  readonly of?: string;
}

/** The bytes of a buffer or view, not copied. */
export function binaryOf(value: ArrayBufferView | ArrayBuffer): Binary {
  if (value instanceof Uint8Array) return { bytes: value };
  if (value instanceof ArrayBuffer) return { bytes: new Uint8Array(value), of: "ArrayBuffer" };
  const { buffer, byteOffset, byteLength } = value;
  const of = Object.keys(VIEWS).find((name) => value instanceof VIEWS[name]!);
  return { bytes: new Uint8Array(buffer, byteOffset, byteLength), ...(of && { of }) };
}

/**
 * The buffer or view that was encoded, on a copy of the bytes.
 *
 * @throws RangeError when there is no view of that name, or the bytes are no whole number of its items
 */
export function viewOf({ bytes, of }: Binary): ArrayBufferView | ArrayBuffer {
  const copy = bytes.slice();
  if (of === undefined) return copy;
  if (of === "ArrayBuffer") return copy.buffer;
  if (!Object.hasOwn(VIEWS, of)) throw new RangeError(`there is no view "${of}"`);
  return new VIEWS[of]!(copy.buffer);
}
