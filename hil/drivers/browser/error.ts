/** What goes wrong with the browser itself, and why it shows no page. */
import { registerError } from "../../record/errors.ts";

/** Chromium cannot be started, or ended when nobody asked it to. */
export class BrowserError extends Error {
  override readonly name = "BrowserError";

  constructor(
    message: string,
    /** The end of what Chromium wrote to its standard error. */
    readonly stderr: string = "",
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** A page is not to be had, crashed, or did not show or play in time what it was to. */
export class PageError extends Error {
  override readonly name = "PageError";
}
registerError(BrowserError, PageError);

/** By Chromium's word for it (net/base/net_error_list.h), what it means and what to do. */
const REASONS: Readonly<Record<string, string>> = {
  ERR_CERT_AUTHORITY_INVALID: "nobody whom the browser trusts has signed the certificate; " +
    "name its authority's in `trust`",
  ERR_CERT_COMMON_NAME_INVALID: "the certificate is for other names; make one for this name",
  ERR_CERT_DATE_INVALID: "the certificate is not valid today; make a new one",
  ERR_NAME_NOT_RESOLVED: "the name has no address; give it one in `hosts`",
  ERR_CONNECTION_REFUSED: "nobody listens there; start the server first",
  ERR_CONNECTION_RESET: "the server broke off; look at what it says",
  ERR_SSL_PROTOCOL_ERROR: "what answers there does not speak TLS; look at the port",
  ERR_ADDRESS_UNREACHABLE: "no way leads there; look at the routes of the browser's host",
  ERR_INTERNET_DISCONNECTED: "the browser's host has no network; set its links up",
};

/** Why a page was not opened. */
export function openFailure(url: string, cause: unknown): PageError {
  const said = (cause as Error).message;
  const word = /net::(ERR_\w+)/.exec(said)?.[1];
  const why = word === undefined
    ? `${said.split("\n")[0]!.replace(/^page\.goto: /, "")}; look at what the server says`
    : `${REASONS[word] ?? "the browser gives no reason; look at what the server says"} (${word})`;
  return new PageError(`Cannot open "${url}": ${why}`, { cause });
}
