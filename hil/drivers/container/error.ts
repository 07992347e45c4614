/** What a container engine refuses, or why there is none. */
import { registerError } from "../../record/errors.ts";

export class ContainerError extends Error {
  override readonly name = "ContainerError";
  /** HTTP status of the engine's answer; undefined when it gave none. */
  readonly status: number | undefined;

  constructor(message: string, options: ErrorOptions & { readonly status?: number } = {}) {
    super(message, options);
    this.status = options.status;
  }
}
registerError(ContainerError);
