/** What goes wrong with power switches. */
import { registerError } from "../../record/errors.ts";

/** A switch that could not be switched or read, or did not do what it was told. */
export class PowerError extends Error {
  override readonly name = "PowerError";

  /**
   * @param doing "switch on", "read the state of"
   * @param what is so, with what the switch said; and what to do
   */
  constructor(
    readonly outlet: string,
    doing: string,
    what: string,
    options?: ErrorOptions,
  ) {
    super(`Cannot ${doing} the power "${outlet}": ${what}`, options);
  }
}
registerError(PowerError);

/** Outside text in an error: one line, printable, not too long. */
export function shown(text: string): string {
  // deno-lint-ignore no-control-regex -- they are what must not reach a terminal
  const line = text.replace(/[\u0000-\u001f\u007f-\u009f\s]+/g, " ").trim();
  return line.length > 200 ? `${line.slice(0, 200)}…` : line;
}
