/** A pin box that does not do what it is told. */
import { registerError } from "../../record/errors.ts";

export class FirmataError extends Error {
  override readonly name = "FirmataError";

  /** @param doing as in "drive pin 5 of" */
  constructor(readonly box: string, doing: string, what: string, options?: ErrorOptions) {
    super(`Cannot ${doing} the pin box "${box}": ${what}`, options);
  }
}
registerError(FirmataError);
