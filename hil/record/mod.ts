/**
 * Recording of what a scenario asks of its ports, as data: with the bytes and signals of its targets
 * a trace then holds both sides, so that either can be played without the other.
 *
 * A {@link Membrane} stands between the body of a scenario and its ports. Whatever passes is told on
 * the timeline, at the time of the scenario's own clock:
 *
 * ```json
 * {"type":"get","on":"","name":"board","value":{"$":"object","is":"board"}}
 * {"type":"get","on":"board","name":"console","value":{"$":"object","is":"board.console"}}
 * {"type":"call","id":1,"on":"board.console","method":"run","args":["version"]}
 * {"type":"return","id":1,"value":{"output":"1.0","status":0}}
 * ```
 *
 * - A method's call is a `call`, and its result, or what it threw, a `return`: `sync` when it came at
 *   once. Methods that a symbol names are `[Symbol.asyncDispose]`; `onAlarm=` is a property that is
 *   set; `new Valve` is a constructor; an empty method calls the object itself.
 * - A property is told by `get` when it is first read, and when it is another than it was.
 * - A call the other way, of a function that the scenario gave, is a `call` with `back`.
 * - A promise that is a property settles as the call of its `then` returns.
 * - Values are encoded as value.ts says. Data goes by value; all that lives is an object with a name.
 *   What is larger than 1 MiB is a file beside the trace, named for its content.
 * - Clocks, what belongs to the runtime, and what is {@link unrecorded} pass as they are. Of signals,
 *   `channel`, `clock` and `occurrences` do, and are not told: the trace has what they carry.
 *
 * It is held to these: an object has one stand-in and one name, whichever way it comes; methods run on
 * the real `this` with the real arguments; `instanceof`, `await`, `for await` and stack traces are what
 * they are without it; no value that cannot be told makes a call fail. Nothing that it tells wakes who
 * waits on the timeline. Errors pass as they are, with the real objects in their fields. Not told are
 * `in`, `Object.keys` and the like, and what a scenario does to data that it was given: a list of plain
 * numbers is the port's own.
 *
 * Equal seeds make equal traces on simulated targets. Values that differ by host belong into the
 * `environment` of a header, not into what a port gives; where they are (temporary paths and ports of
 * real targets), comparisons take them for noise, as hil/replay/diff/noise.ts says.
 *
 * @example
 * ```ts
 * import { HostClock } from "hil/drivers/host_clock.ts";
 * import { Membrane } from "hil/record/mod.ts";
 * import { Timeline } from "hil/trace/mod.ts";
 *
 * const timeline = new Timeline({ write: (event) => console.log(event) });
 * timeline.clock = new HostClock(timeline);
 * const lamp = new Membrane({ timeline }).port("lamp", { toggle: () => "on" });
 * lamp.toggle(); // Prints get, call and return.
 * ```
 */
export { decode, decodeThrown, type Decoding, Opaque, referenceOf, ValueError } from "./decode.ts";
export { unrecorded } from "./_kinds.ts";
export { type ErrorClass, registerError } from "./errors.ts";
export { Membrane } from "./membrane.ts";
export { callText, valueText } from "./text.ts";
export { Recorder, type RecorderOptions } from "./recorder.ts";
export {
  encode,
  encodeThrown,
  type Encoding,
  isPlain,
  LARGEST_INLINE,
  type Reference,
} from "./value.ts";
