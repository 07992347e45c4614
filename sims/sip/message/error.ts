/** What is wrong with a SIP message, in words and by kind (RFC 3261 section 25; RFC 4475). */

export type SipFault =
  | "start-line" // neither a request line nor a status line
  | "version" // a request line of another version than SIP/2.0
  | "uri"
  | "scheme" // a URI, but of a scheme that SIP cannot send to
  | "header-line" // a line that is no header
  | "header" // a header whose value breaks its grammar
  | "missing" // a header that must be there
  | "repeated" // a header that may be there once only
  | "mismatch" // two parts of the message that contradict each other
  | "range" // a number out of its range
  | "length" // Content-Length and the bytes contradict each other
  | "encoding"; // not UTF-8, or a control character

/** Bytes that are no SIP message, or not one that RFC 3261 allows. */
export class SipSyntaxError extends SyntaxError {
  override readonly name = "SipSyntaxError";

  /** @param fault what kind; @param where the header's or the line's name */
  constructor(readonly fault: SipFault, readonly where: string, text: string, because: string) {
    super(`Cannot parse ${where} "${shorten(text)}": ${because}`);
  }
}

const SHOWN = 80;

function shorten(text: string): string {
  const short = text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text;
  return short.replace(
    /\p{Cc}/gu,
    (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, "0")}`,
  );
}
