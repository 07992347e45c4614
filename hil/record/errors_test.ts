import assert from "node:assert/strict";
import { decode, decodeThrown } from "./decode.ts";
import { registerError } from "./errors.ts";
import { encode, encodeThrown } from "./value.ts";

class PumpJammed extends Error {
  override readonly name = "PumpJammed";
  constructor(readonly bar: number, readonly tail: Uint8Array, options?: ErrorOptions) {
    super(`jammed at ${bar} bar`, options);
  }
}
class PumpLost extends PumpJammed {}
registerError(PumpJammed, PumpLost);

function again(error: unknown): unknown {
  return decodeThrown(JSON.parse(JSON.stringify(encodeThrown(error))));
}

Deno.test("an error of a registered class is one of it again, with its fields and its cause", () => {
  const cause = new RangeError("too much");
  const error = again(new PumpJammed(7, new Uint8Array([1]), { cause })) as PumpJammed;
  assert.ok(error instanceof PumpJammed && error instanceof Error && Error.isError(error));
  assert.equal(String(error), "PumpJammed: jammed at 7 bar");
  assert.deepEqual([error.bar, error.tail], [7, new Uint8Array([1])]);
  assert.ok(error.cause instanceof RangeError);
  assert.ok(error.stack);
});

Deno.test("a class is told from the one whose name it has", () => {
  const error = again(new PumpLost(1, new Uint8Array()));
  assert.ok(error instanceof PumpLost);
  assert.equal(error.name, "PumpJammed");
});

Deno.test("an error of a class that nobody registered has its name", () => {
  class Unheard extends Error {
    override readonly name = "Unheard";
  }
  const error = again(new Unheard("of")) as Error;
  assert.equal(`${error}`, "Unheard: of");
  assert.ok(!(error instanceof Unheard));
});

Deno.test("the runtime's own errors are instances too", () => {
  const abort = again(new DOMException("enough", "AbortError")) as DOMException;
  assert.ok(abort instanceof DOMException);
  assert.deepEqual([abort.name, abort.message], ["AbortError", "enough"]);
  assert.ok(again(new Deno.errors.NotFound("x")) instanceof Deno.errors.NotFound);
  const all = again(new AggregateError([new TypeError("a")], "all")) as AggregateError;
  assert.ok(all instanceof AggregateError && all.errors[0] instanceof TypeError);
});

Deno.test("what is thrown and no error comes back as it was", () => {
  for (const thrown of ["text", undefined, { status: 5 }, 7n]) {
    assert.deepEqual(again(thrown), thrown);
  }
});

Deno.test("an error that cannot be read is one nevertheless", () => {
  const error = new Error("x");
  Object.defineProperty(error, "message", {
    get() {
      throw new Error("not for you");
    },
  });
  assert.deepEqual(encodeThrown(error), { name: "Error", message: "an error that cannot be read" });
});

Deno.test("an error that is a value is one again, and one that reading throws is thrown", () => {
  const error = decode(encode({ last: new TypeError("no") })) as { last: Error };
  assert.ok(error.last instanceof TypeError);
  const throws = { $: "throws", ...encodeThrown(new TypeError("no")) } as const;
  assert.throws(() => decode(throws as never), TypeError);
});

Deno.test("two classes of one name are refused", () => {
  const other = { PumpJammed: class PumpJammed extends Error {} }.PumpJammed;
  assert.throws(() => registerError(other), {
    message: 'Cannot register the error "PumpJammed": another class has that name; ' +
      "give one of them another",
  });
});
