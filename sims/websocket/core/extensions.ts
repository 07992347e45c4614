/**
 * `Sec-WebSocket-Extensions` (RFC 6455, section 9.1) and the negotiation of permessage-deflate
 * (RFC 7692, sections 5 and 7.1).
 */
import type { DeflateParameters } from "./deflate.ts";
import { HandshakeError } from "./errors.ts";
import { isToken } from "./http_head.ts";

export interface Extension {
  readonly name: string;
  /** A parameter without a value is `true`. */
  readonly parameters: readonly (readonly [name: string, value: string | true])[];
}

const NAME = "permessage-deflate";

/** @throws HandshakeError 400 when it is not what the grammar of section 9.1 says */
export function parseExtensions(value: string): readonly Extension[] {
  // A list may have empty elements (RFC 9110, section 5.6.1).
  const elements = split(value, ",").filter((element) => element !== "");
  if (elements.length === 0) throw malformed(value);
  return elements.map((element) => {
    const [name, ...parameters] = split(element, ";");
    if (!isToken(name!)) throw malformed(value);
    return { name: name!, parameters: parameters.map((text) => parseParameter(text, value)) };
  });
}

function parseParameter(text: string, whole: string): readonly [string, string | true] {
  const equals = text.indexOf("=");
  const name = (equals < 0 ? text : text.slice(0, equals)).trim();
  if (!isToken(name)) throw malformed(whole);
  if (equals < 0) return [name, true];
  let value = text.slice(equals + 1).trim();
  const quoted = /^"((?:[^"\\]|\\.)*)"$/.exec(value);
  if (quoted) value = quoted[1]!.replace(/\\(.)/g, "$1");
  // What is quoted must be a token once it is not (section 9.1).
  if (!isToken(value)) throw malformed(whole);
  return [name, value];
}

/** Also within quotes: what is quoted must be a token, and none has a separator. */
function split(text: string, separator: string): string[] {
  return text.split(separator).map((part) => part.trim());
}

function malformed(value: string): HandshakeError {
  const what = `Sec-WebSocket-Extensions is malformed: "${value}"`;
  return new HandshakeError(what, 400, "RFC 6455, section 9.1");
}

/** What a side wants of permessage-deflate. All may be left out. */
export interface DeflateWishes {
  readonly serverNoContextTakeover?: boolean;
  readonly clientNoContextTakeover?: boolean;
  /** 8 to 15; default 15. */
  readonly serverMaxWindowBits?: number;
  readonly clientMaxWindowBits?: number;
}

export interface AgreedDeflate {
  readonly parameters: DeflateParameters;
  /** The element of the server's answer. */
  readonly header: string;
}

/** A server's answer to the first offer that it can take (RFC 7692, section 7). */
export function acceptDeflate(
  offers: readonly Extension[],
  wishes: DeflateWishes,
): AgreedDeflate | undefined {
  for (const offer of offers) {
    const asked = offer.name === NAME ? readParameters(offer, "offer") : undefined;
    if (asked) return answer(asked, wishes);
  }
  return undefined;
}

function answer(asked: ReadParameters, wishes: DeflateWishes): AgreedDeflate {
  const serverNoContextTakeover = asked.server_no_context_takeover === true ||
    wishes.serverNoContextTakeover === true;
  const clientNoContextTakeover = asked.client_no_context_takeover === true ||
    wishes.clientNoContextTakeover === true;
  const serverMaxWindowBits = Math.min(
    Number(asked.server_max_window_bits ?? 15),
    wishes.serverMaxWindowBits ?? 15,
  );
  // Only a client that offers the parameter understands it (section 7.1.2.2).
  const offered = asked.client_max_window_bits;
  const clientMaxWindowBits = offered === undefined
    ? 15
    : Math.min(offered === true ? 15 : Number(offered), wishes.clientMaxWindowBits ?? 15);
  const parts = [NAME];
  if (serverNoContextTakeover) parts.push("server_no_context_takeover");
  if (clientNoContextTakeover) parts.push("client_no_context_takeover");
  if (serverMaxWindowBits < 15) parts.push(`server_max_window_bits=${serverMaxWindowBits}`);
  if (clientMaxWindowBits < 15) parts.push(`client_max_window_bits=${clientMaxWindowBits}`);
  return {
    header: parts.join("; "),
    parameters: {
      ...{ serverNoContextTakeover, clientNoContextTakeover },
      ...{ serverMaxWindowBits, clientMaxWindowBits },
    },
  };
}

/** What a client offers. */
export function offerDeflate(wishes: DeflateWishes): string {
  const { serverMaxWindowBits = 15, clientMaxWindowBits = 15 } = wishes;
  const parts = [NAME];
  if (wishes.serverNoContextTakeover) parts.push("server_no_context_takeover");
  if (wishes.clientNoContextTakeover) parts.push("client_no_context_takeover");
  if (serverMaxWindowBits < 15) parts.push(`server_max_window_bits=${serverMaxWindowBits}`);
  parts.push(`client_max_window_bits${clientMaxWindowBits < 15 ? `=${clientMaxWindowBits}` : ""}`);
  return parts.join("; ");
}

/**
 * What the server's answer agrees on, for the client that offered.
 *
 * @throws HandshakeError when the answer is none to the offer (RFC 7692, section 7)
 */
export function agreedDeflate(
  answers: readonly Extension[],
  wishes: DeflateWishes | undefined,
): DeflateParameters | undefined {
  if (answers.length === 0) return undefined;
  const [only, ...others] = answers;
  if (!wishes || others.length > 0 || only!.name !== NAME) {
    const names = answers.map(({ name }) => name).join(", ");
    throw notOffered(`The server takes extensions that were not offered: ${names}`, "4.1");
  }
  const agreed = readParameters(only!, "answer");
  const serverBits = Number(agreed?.server_max_window_bits ?? 15);
  if (!agreed || serverBits > (wishes.serverMaxWindowBits ?? 15)) {
    throw new HandshakeError(
      "The server's parameters of permessage-deflate are none that the offer allows",
      0,
      "RFC 7692, section 7",
    );
  }
  if (wishes.serverNoContextTakeover && !agreed.server_no_context_takeover) {
    const what = "The server keeps its context though the offer asks it not to";
    throw new HandshakeError(what, 0, "RFC 7692, section 7.1.1.1");
  }
  return {
    serverNoContextTakeover: agreed.server_no_context_takeover === true,
    clientNoContextTakeover: agreed.client_no_context_takeover === true ||
      wishes.clientNoContextTakeover === true,
    serverMaxWindowBits: serverBits,
    clientMaxWindowBits: Math.min(
      Number(agreed.client_max_window_bits ?? 15),
      wishes.clientMaxWindowBits ?? 15,
    ),
  };
}

/** What an answer says, whatever was offered; undefined when it is none. */
export function parametersOf(answer: Extension): DeflateParameters | undefined {
  const read = answer.name === NAME ? readParameters(answer, "answer") : undefined;
  return read && {
    serverNoContextTakeover: read.server_no_context_takeover === true,
    clientNoContextTakeover: read.client_no_context_takeover === true,
    serverMaxWindowBits: Number(read.server_max_window_bits ?? 15),
    clientMaxWindowBits: Number(read.client_max_window_bits ?? 15),
  };
}

type ReadParameters = Readonly<Partial<Record<keyof typeof PARAMETERS, string | true>>>;

const BITS = /^([89]|1[0-5])$/;
/** Which values each parameter may have; only an offer may leave out the client's bits. */
const PARAMETERS = {
  server_no_context_takeover: (value: string | true) => value === true,
  client_no_context_takeover: (value: string | true) => value === true,
  server_max_window_bits: (value: string | true) => value !== true && BITS.test(value),
  client_max_window_bits: (value: string | true, where: "offer" | "answer") =>
    value === true ? where === "offer" : BITS.test(value),
};

/** The parameters, or undefined when there are unknown, wrong or repeated ones. */
function readParameters(
  { parameters }: Extension,
  where: "offer" | "answer",
): ReadParameters | undefined {
  const read: Partial<Record<string, string | true>> = {};
  for (const [name, value] of parameters) {
    if (!Object.hasOwn(PARAMETERS, name) || Object.hasOwn(read, name)) return undefined;
    if (!PARAMETERS[name as keyof typeof PARAMETERS](value, where)) return undefined;
    read[name] = value;
  }
  return read;
}

function notOffered(what: string, section: string): HandshakeError {
  return new HandshakeError(what, 0, `RFC 6455, section ${section}`);
}
