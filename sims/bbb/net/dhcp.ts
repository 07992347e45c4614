/** DHCP and BOOTP messages (RFC 2131, section 2; options: RFC 2132). */
import { formatMac, type Mac, parseMac } from "./ethernet.ts";
import { type Address, ANY, formatAddress, parseAddress } from "./ipv4.ts";

export const DHCP = { SERVER_PORT: 67, CLIENT_PORT: 68 } as const;

/** Codes of RFC 2132. */
export const OPTION = {
  PAD: 0,
  SUBNET_MASK: 1,
  ROUTER: 3,
  DNS: 6,
  HOST_NAME: 12,
  REQUESTED_ADDRESS: 50,
  LEASE_TIME: 51,
  OVERLOAD: 52,
  MESSAGE_TYPE: 53,
  SERVER_ID: 54,
  PARAMETERS: 55,
  MESSAGE: 56,
  RENEWAL_TIME: 58,
  REBINDING_TIME: 59,
  VENDOR_CLASS: 60,
  CLIENT_ID: 61,
  TFTP_SERVER: 66,
  BOOT_FILE: 67,
  END: 255,
} as const;

/** Values of {@link OPTION.MESSAGE_TYPE}, by name. */
export const MESSAGE = {
  DISCOVER: 1,
  OFFER: 2,
  REQUEST: 3,
  DECLINE: 4,
  ACK: 5,
  NAK: 6,
  RELEASE: 7,
  INFORM: 8,
} as const;

export interface DhcpMessage {
  readonly op: "request" | "reply";
  readonly xid: number;
  readonly secs: number;
  readonly broadcast: boolean;
  readonly ciaddr: Address;
  readonly yiaddr: Address;
  readonly siaddr: Address;
  readonly giaddr: Address;
  readonly chaddr: Mac;
  readonly sname: string;
  readonly file: string;
  readonly options: ReadonlyMap<number, Uint8Array>;
}

export const NO_ADDRESSES = {
  ciaddr: ANY,
  yiaddr: ANY,
  siaddr: ANY,
  giaddr: ANY,
} as const;

const COOKIE = 0x63825363;
const OPTIONS_AT = 240;
/** A BOOTP message is 300 bytes (RFC 951); some clients refuse shorter ones. */
const SHORTEST = 300;
const [SNAME, FILE] = [{ at: 44, length: 64 }, { at: 108, length: 128 }];

/** Undefined when it is no BOOTP message of an Ethernet client, or its options are broken. */
export function parseDhcp(bytes: Uint8Array): DhcpMessage | undefined {
  if (bytes.length < 236 || bytes[1] !== 1 || bytes[2] !== 6) return undefined;
  const op = (["request", "reply"] as const)[bytes[0]! - 1];
  if (!op) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const options = parseOptions(bytes, view);
  if (!options) return undefined;
  const address = (at: number) => formatAddress(view.getUint32(at));
  return {
    op,
    xid: view.getUint32(4),
    secs: view.getUint16(8),
    broadcast: (bytes[10]! & 0x80) !== 0,
    ciaddr: address(12),
    yiaddr: address(16),
    siaddr: address(20),
    giaddr: address(24),
    chaddr: formatMac(bytes.subarray(28, 34)),
    sname: text(bytes, SNAME),
    file: text(bytes, FILE),
    options,
  };
}

/** Without the cookie it is BOOTP, which has none that we read. */
function parseOptions(bytes: Uint8Array, view: DataView): Map<number, Uint8Array> | undefined {
  const options = new Map<number, Uint8Array>();
  if (bytes.length < OPTIONS_AT || view.getUint32(236) !== COOKIE) return options;
  if (!readOptions(bytes.subarray(OPTIONS_AT), options)) return undefined;
  // RFC 2132, section 9.3: fields that are not needed may hold more options.
  const overload = options.get(OPTION.OVERLOAD)?.[0] ?? 0;
  for (const [bit, { at, length }] of [[1, FILE], [2, SNAME]] as const) {
    if (overload & bit && !readOptions(bytes.subarray(at, at + length), options)) return undefined;
  }
  return options;
}

/** Of an option that comes in parts the parts are joined (RFC 3396). */
function readOptions(bytes: Uint8Array, into: Map<number, Uint8Array>): boolean {
  for (let at = 0; at < bytes.length;) {
    const code = bytes[at++]!;
    if (code === OPTION.END) return true;
    if (code === OPTION.PAD) continue;
    const end = at + 1 + (bytes[at] ?? Infinity);
    if (end > bytes.length) return false;
    const before = into.get(code) ?? new Uint8Array();
    into.set(code, Uint8Array.of(...before, ...bytes.subarray(at + 1, end)));
    at = end;
  }
  return true;
}

export function formatDhcp(message: DhcpMessage): Uint8Array {
  const options: number[] = [];
  for (const [code, value] of message.options) options.push(code, value.length, ...value);
  const hasOptions = options.length > 0;
  const length = OPTIONS_AT + options.length + 1;
  const bytes = new Uint8Array(Math.max(SHORTEST, length));
  const view = new DataView(bytes.buffer);
  bytes.set([message.op === "request" ? 1 : 2, 1, 6]);
  view.setUint32(4, message.xid);
  view.setUint16(8, message.secs);
  view.setUint16(10, message.broadcast ? 0x8000 : 0);
  for (const [i, name] of (["ciaddr", "yiaddr", "siaddr", "giaddr"] as const).entries()) {
    view.setUint32(12 + 4 * i, parseAddress(message[name]));
  }
  bytes.set(parseMac(message.chaddr), 28);
  setText(bytes, SNAME, message.sname);
  setText(bytes, FILE, message.file);
  if (hasOptions) {
    view.setUint32(236, COOKIE);
    bytes.set([...options, OPTION.END], OPTIONS_AT);
  }
  return bytes;
}

function text(bytes: Uint8Array, field: { at: number; length: number }): string {
  const whole = bytes.subarray(field.at, field.at + field.length);
  const end = whole.indexOf(0);
  return new TextDecoder().decode(end < 0 ? whole : whole.subarray(0, end));
}

/** What does not fit is left out whole: half a name is another one. */
function setText(bytes: Uint8Array, field: { at: number; length: number }, value: string): void {
  const encoded = new TextEncoder().encode(value);
  if (encoded.length < field.length) bytes.set(encoded, field.at);
}
