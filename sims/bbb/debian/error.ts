/** Something of Debian's cannot be had; the message says what would change that. */
export class DebianError extends Error {
  override readonly name = "DebianError";
}
