/**
 * `struct termios2` of Linux (asm-generic/termbits.h, as on x86-64 and ARM64), which takes any
 * rate as a number (BOTHER).
 */

/** Numbers of ioctl_tty(2). */
export const TCGETS2 = 0x802c_542a;
export const TCSETS2 = 0x402c_542b;

export type Parity = "none" | "even" | "odd" | "mark" | "space";

/** How bytes are put on the line. */
export interface LineSettings {
  readonly baudHz: number;
  readonly dataBits: 5 | 6 | 7 | 8;
  readonly stopBits: 1 | 1.5 | 2;
  readonly parity: Parity;
  /** Flow control by the lines RTS and CTS. */
  readonly rtscts: boolean;
  /** We stop when the other side sends XOFF. */
  readonly xon: boolean;
  /** We send XOFF when our buffer is full. */
  readonly xoff: boolean;
  /** Any byte starts us again. */
  readonly xany: boolean;
  /** DTR falls when the last program closes the port. */
  readonly hupcl: boolean;
}

export const TERMIOS2_SIZE = 44;
const [IFLAG, OFLAG, CFLAG, LFLAG, ISPEED, OSPEED] = [0, 1, 2, 3, 9, 10];
/** Of `c_cc`, which begins at 17. */
const [C_CC, VTIME, VMIN] = [17, 5, 6];

const [INPCK, IXON, IXANY, IXOFF] = [0o20, 0o2000, 0o4000, 0o10000];
const [CSIZE, CSTOPB, CREAD, PARENB, PARODD] = [0o60, 0o100, 0o200, 0o400, 0o1000];
const [HUPCL, CLOCAL, CBAUD, BOTHER] = [0o2000, 0o4000, 0o10017, 0o10000];
const [CMSPAR, CRTSCTS] = [0x4000_0000, 0x8000_0000];
/** Where `c_cflag` has the input's rate; 0 there is the output's. */
const IBSHIFT = 16;

/**
 * Rates that have a number of their own, from 1 and from 0o10001. Programs that know no BOTHER,
 * such as stty, read these.
 */
const NAMED: readonly number[] = [
  ...[50, 75, 110, 134, 150, 200, 300, 600, 1200, 1800, 2400, 4800, 9600, 19_200, 38_400],
];
const NAMED_HIGH: readonly number[] = [
  ...[57_600, 115_200, 230_400, 460_800, 500_000, 576_000, 921_600, 1_000_000, 1_152_000],
  ...[1_500_000, 2_000_000, 2_500_000, 3_000_000, 3_500_000, 4_000_000],
];

const PARITIES: Readonly<Record<Parity, number>> = {
  none: 0,
  even: PARENB,
  odd: PARENB | PARODD,
  mark: PARENB | PARODD | CMSPAR,
  space: PARENB | CMSPAR,
};
const PARITY_BITS = PARENB | PARODD | CMSPAR;

/**
 * Raw mode with these settings; `present` is what TCGETS2 gave. A byte that arrives damaged is
 * read as 0, not dropped: nothing is lost without a trace.
 */
export function encode(
  settings: LineSettings,
  present: Uint8Array<ArrayBuffer>,
): Uint8Array<ArrayBuffer> {
  const bytes = present.slice();
  const words = new Uint32Array(bytes.buffer);
  const { xon, xoff, xany, parity } = settings;
  words[IFLAG] = bits([[xon, IXON], [xoff, IXOFF], [xany, IXANY], [parity !== "none", INPCK]]);
  words[OFLAG] = 0;
  words[LFLAG] = 0;
  const rates = (CBAUD | (CBAUD << IBSHIFT)) >>> 0;
  const ours = CSIZE | CSTOPB | PARITY_BITS | HUPCL | CRTSCTS;
  words[CFLAG] = (words[CFLAG]! & ~(rates | ours)) |
    rateCode(settings.baudHz) | CREAD | CLOCAL |
    ((settings.dataBits - 5) << 4) | PARITIES[parity] |
    bits([[settings.stopBits > 1, CSTOPB], [settings.hupcl, HUPCL], [settings.rtscts, CRTSCTS]]);
  words[ISPEED] = words[OSPEED] = settings.baudHz;
  bytes[C_CC + VMIN] = 1;
  bytes[C_CC + VTIME] = 0;
  return bytes;
}

/** What the driver has; its 1.5 stop bits are those of 5 data bits. */
export function decode(bytes: Uint8Array<ArrayBuffer>): LineSettings {
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset, TERMIOS2_SIZE / 4);
  const [iflag, cflag] = [words[IFLAG]!, words[CFLAG]!];
  const dataBits = 5 + ((cflag & CSIZE) >> 4) as LineSettings["dataBits"];
  const found = Object.entries(PARITIES).find(([, value]) => (cflag & PARITY_BITS) === value);
  return {
    baudHz: words[OSPEED]!,
    dataBits,
    stopBits: (cflag & CSTOPB) === 0 ? 1 : dataBits === 5 ? 1.5 : 2,
    parity: (found?.[0] ?? "none") as Parity,
    rtscts: (cflag & CRTSCTS) !== 0,
    xon: (iflag & IXON) !== 0,
    xoff: (iflag & IXOFF) !== 0,
    xany: (iflag & IXANY) !== 0,
    hupcl: (cflag & HUPCL) !== 0,
  };
}

/**
 * How far a rate may be off. A receiver that samples mid-bit goes wrong at 5 % for both sides
 * together: this is our half, less a margin.
 */
const BAUD_TOLERANCE = 0.02;

/** What the driver has not taken, as "7 data bits: it has 8"; undefined when it took all. */
export function refused(wanted: LineSettings, taken: LineSettings): string | undefined {
  if (Math.abs(taken.baudHz - wanted.baudHz) > wanted.baudHz * BAUD_TOLERANCE) {
    return `${wanted.baudHz} Bd: it made that ${taken.baudHz}`;
  }
  for (const name of Object.keys(TITLES) as (keyof typeof TITLES)[]) {
    if (wanted[name] !== taken[name]) {
      return `${TITLES[name]} ${wanted[name]}: it has ${taken[name]}`;
    }
  }
  return undefined;
}

const TITLES = {
  dataBits: "data bits",
  stopBits: "stop bits",
  parity: "parity",
  rtscts: "rtscts",
  xon: "xon",
  xoff: "xoff",
  xany: "xany",
  hupcl: "hupcl",
} as const;

function rateCode(baudHz: number): number {
  const low = NAMED.indexOf(baudHz) + 1;
  const high = NAMED_HIGH.indexOf(baudHz) + 1;
  return low > 0 ? low : BOTHER | high;
}

function bits(flags: readonly (readonly [on: boolean, bit: number])[]): number {
  return flags.reduce((all, [on, bit]) => on ? all | bit : all, 0);
}
