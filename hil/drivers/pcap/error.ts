/** What goes wrong with captures, for those who catch it. */
import { registerError } from "../../record/errors.ts";

/** Why a capture cannot be opened: by it a caller knows whether to skip, to ask or to give up. */
export type CaptureTrouble =
  | "no library"
  | "not permitted"
  | "no interface"
  | "bad filter"
  | "no namespace"
  | "other";

export class CaptureError extends Error {
  override readonly name = "CaptureError";

  constructor(readonly trouble: CaptureTrouble, message: string, options?: ErrorOptions) {
    super(message, options);
  }
}

/** A file that is no capture, or only the beginning of one. */
export class CaptureFileError extends Error {
  override readonly name = "CaptureFileError";

  /** @param at the byte at which the broken part begins */
  constructor(readonly what: string, readonly at: number) {
    super(
      `Cannot read the capture at byte "${at}": ${what}; ` +
        `let what writes it end by itself, or repair the file with editcap`,
    );
  }
}
registerError(CaptureError, CaptureFileError);
