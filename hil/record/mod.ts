/**
 * Recording of what a scenario asks of its ports, as data.
 */
export { decode, decodeThrown, type Decoding, Opaque, referenceOf, ValueError } from "./decode.ts";
export { unrecorded } from "./_kinds.ts";
export { type ErrorClass, errorClasses, registerError } from "./errors.ts";
export { Membrane } from "./membrane.ts";
export { Recorder, type RecorderOptions } from "./recorder.ts";
export {
  encode,
  encodeThrown,
  encodeWithReferences,
  type Encoding,
  hasBehaviour,
  isPlain,
  LARGEST_INLINE,
  type Reference,
} from "./value.ts";
