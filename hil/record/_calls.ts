/** Calls through a membrane, either way, with what comes of them. */
import type { ObjectKey } from "../trace/event.ts";
import type { Membrane } from "./membrane.ts";

// deno-lint-ignore no-explicit-any
export type Callable = (...args: any[]) => unknown;

export interface PortCall {
  readonly on: ObjectKey;
  readonly method: string;
  readonly args: readonly unknown[];
  /** Takes what the port is given. */
  readonly perform: Callable;
}

/** The scenario calls a port. */
export function callPort(membrane: Membrane, { on, method, args, perform }: PortCall): unknown {
  const { recorder } = membrane;
  const id = recorder.nextCall();
  recorder.call(id, on, method, args.map((arg) => membrane.given(arg)));
  let result: unknown;
  try {
    result = perform(...args.map((arg) => membrane.unwrap(arg)));
  } catch (error) {
    recorder.returned(id, { sync: true, error: membrane.thrown(error, `#${id}`) });
    throw error;
  }
  if (result instanceof Promise) return settled(membrane, id, result);
  const passing = membrane.pass(result, `#${id}`);
  recorder.returned(id, { sync: true, ...(result !== undefined && { value: passing.json }) });
  return passing.value();
}

/** By `await`, not `then`: the stack of an error names the scenario's line only through that. */
async function settled(membrane: Membrane, id: number, work: Promise<unknown>): Promise<unknown> {
  const { recorder } = membrane;
  let result: unknown;
  try {
    result = await work;
  } catch (error) {
    recorder.returned(id, { error: membrane.thrown(error, `#${id}`) });
    throw error;
  }
  const passing = membrane.pass(result, `#${id}`);
  recorder.returned(id, result === undefined ? {} : { value: passing.json });
  return passing.value();
}

export interface BackCall {
  readonly on: ObjectKey;
  readonly self: unknown;
  readonly args: readonly unknown[];
  /** The scenario's own. */
  readonly perform: Callable;
}

/** A port calls a function that the scenario gave it. */
export function callBack(membrane: Membrane, { on, self, args, perform }: BackCall): unknown {
  const { recorder } = membrane;
  const id = recorder.nextCall();
  const passed = args.map((arg, n) => membrane.pass(arg, `#${id}.${n}`));
  recorder.call(id, on, "", passed.map(({ json }) => json), true);
  let result: unknown;
  try {
    const scenariosSelf = membrane.wrap(self, `#${id}.this`);
    result = Reflect.apply(perform, scenariosSelf, passed.map((arg) => arg.value()));
  } catch (error) {
    recorder.returned(id, { sync: true, error: membrane.thrownBack(error) });
    throw error;
  }
  if (result instanceof Promise) return settledBack(membrane, id, result);
  const value = result === undefined ? {} : { value: membrane.given(result) };
  recorder.returned(id, { sync: true, ...value });
  return membrane.unwrap(result);
}

async function settledBack(membrane: Membrane, id: number, work: Promise<unknown>) {
  const { recorder } = membrane;
  let result: unknown;
  try {
    result = await work;
  } catch (error) {
    recorder.returned(id, { error: membrane.thrownBack(error) });
    throw error;
  }
  recorder.returned(id, result === undefined ? {} : { value: membrane.given(result) });
  return membrane.unwrap(result);
}
