/** Names of headers, their compact forms (RFC 3261 section 7.3.3 and IANA), and reason phrases. */

// deno-fmt-ignore
const COMPACT: Readonly<Record<string, string>> = {
  a: "Accept-Contact", b: "Referred-By", c: "Content-Type", d: "Request-Disposition",
  e: "Content-Encoding", f: "From", i: "Call-ID", j: "Reject-Contact", k: "Supported",
  l: "Content-Length", m: "Contact", n: "Identity-Info", o: "Event", r: "Refer-To", s: "Subject",
  t: "To", u: "Allow-Events", v: "Via", x: "Session-Expires", y: "Identity",
};

// deno-fmt-ignore
const SPELLED = new Map([
  "Accept", "Accept-Encoding", "Accept-Language", "Allow", "Authentication-Info", "Authorization",
  "Call-ID", "Contact", "Content-Disposition", "Content-Encoding", "Content-Language",
  "Content-Length", "Content-Type", "CSeq", "Date", "Error-Info", "Event", "Expires", "From",
  "Max-Forwards", "MIME-Version", "Min-Expires", "Path", "Proxy-Authenticate",
  "Proxy-Authorization", "Proxy-Require", "RAck", "Reason", "Record-Route", "Reply-To", "Require",
  "Retry-After", "Route", "RSeq", "Server", "Subject", "Supported", "To", "Unsupported",
  "User-Agent", "Via", "Warning", "WWW-Authenticate", ...Object.values(COMPACT),
].map((name) => [name.toLowerCase(), name]));

/** The spelling of the RFC for a known name or its compact form; others stay as they are. */
export function headerName(name: string): string {
  const lower = name.toLowerCase();
  if (lower.length === 1 && Object.hasOwn(COMPACT, lower)) return COMPACT[lower]!;
  return SPELLED.get(lower) ?? name;
}

/** The compact form of a header, or its name where it has none. */
export function compactName(name: string): string {
  return SHORT.get(name) ?? name;
}
const SHORT = new Map(Object.entries(COMPACT).map(([short, name]) => [name, short]));

// deno-fmt-ignore
export const REASONS: Readonly<Record<number, string>> = {
  100: "Trying", 180: "Ringing", 181: "Call Is Being Forwarded", 182: "Queued",
  183: "Session Progress", 200: "OK", 202: "Accepted", 300: "Multiple Choices",
  301: "Moved Permanently", 302: "Moved Temporarily", 305: "Use Proxy", 380: "Alternative Service",
  400: "Bad Request", 401: "Unauthorized", 402: "Payment Required", 403: "Forbidden",
  404: "Not Found", 405: "Method Not Allowed", 406: "Not Acceptable",
  407: "Proxy Authentication Required", 408: "Request Timeout", 410: "Gone",
  413: "Request Entity Too Large", 414: "Request-URI Too Long", 415: "Unsupported Media Type",
  416: "Unsupported URI Scheme", 420: "Bad Extension", 421: "Extension Required",
  423: "Interval Too Brief", 480: "Temporarily Unavailable",
  481: "Call/Transaction Does Not Exist", 482: "Loop Detected", 483: "Too Many Hops",
  484: "Address Incomplete", 485: "Ambiguous", 486: "Busy Here", 487: "Request Terminated",
  488: "Not Acceptable Here", 491: "Request Pending", 493: "Undecipherable",
  500: "Server Internal Error", 501: "Not Implemented", 502: "Bad Gateway",
  503: "Service Unavailable", 504: "Server Time-out", 505: "Version Not Supported",
  513: "Message Too Large", 600: "Busy Everywhere", 603: "Decline", 604: "Does Not Exist Anywhere",
  606: "Not Acceptable",
};
