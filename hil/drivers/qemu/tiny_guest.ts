/**
 * Guests of a few bytes, for tests of drivers and targets: Multiboot 0.6.96 images (address fields of the
 * header, section 3.1.3) that print a text on COM1 and then do one thing.
 */

const LOAD = 0x10_0000;
const HEADER_SIZE = 32;
const MAGIC = 0x1bad_b002;
/** Address fields in the header are valid. */
const FLAGS = 0x1_0000;

/** What a guest does after its text, as IA-32 machine code. */
const ENDINGS = {
  /** cli; hlt; jmp -3 */
  halt: [0xfa, 0xf4, 0xeb, 0xfc],
  /** push 0; push 0; lidt [esp]; int3 */
  tripleFault: [0x6a, 0, 0x6a, 0, 0x0f, 0x01, 0x1c, 0x24, 0xcc],
  /** mov al, 0xfe; out 0x64, al; then halt: the keyboard controller's reset line. */
  reset: [0xb0, 0xfe, 0xe6, 0x64, 0xf4],
  /** Echoes what comes on COM1: wait for LSR bit 0, in al, wait for bit 5, out. */
  // deno-fmt-ignore
  echo: [
    0x66, 0xba, 0xfd, 0x03, 0xec, 0xa8, 0x01, 0x74, 0xfb, // mov dx,0x3fd; in al,dx; test al,1; jz
    0x66, 0xba, 0xf8, 0x03, 0xec, 0x88, 0xc3,             // mov dx,0x3f8; in al,dx; mov bl,al
    0x66, 0xba, 0xfd, 0x03, 0xec, 0xa8, 0x20, 0x74, 0xfb, // mov dx,0x3fd; in al,dx; test al,0x20; jz
    0x66, 0xba, 0xf8, 0x03, 0x88, 0xd8, 0xee,             // mov dx,0x3f8; mov al,bl; out dx,al
    0xeb, 0xde,                                           // jmp to the start
  ],
  /** Counts in memory and prints the low digit for each byte that comes: state for a snapshot. */
  // deno-fmt-ignore
  count: [
    0xb3, 0x30,                                           // mov bl,'0'
    0x66, 0xba, 0xfd, 0x03, 0xec, 0xa8, 0x01, 0x74, 0xfb, // wait
    0x66, 0xba, 0xf8, 0x03, 0xec, 0xfe, 0xc3,             // in al,dx; inc bl
    0x66, 0xba, 0xfd, 0x03, 0xec, 0xa8, 0x20, 0x74, 0xfb, // until there is room
    0x66, 0xba, 0xf8, 0x03, 0x88, 0xd8, 0xee,             // mov al,bl; out dx,al
    0xeb, 0xde,                                           // jmp to wait
  ],
} as const;

export type Ending = keyof typeof ENDINGS;

/** The image (for `-kernel`) of a guest that says `text`, without NULs, and then does `ending`. */
export function tinyGuest(text: string | Uint8Array, ending: Ending): Uint8Array<ArrayBuffer> {
  const entry = LOAD + HEADER_SIZE;
  // deno-fmt-ignore
  const print = [
    0xfa, 0xbc, 0x00, 0x00, 0x09, 0x00,                   // cli; mov esp,0x90000
    0xbe, 0, 0, 0, 0,                                     // mov esi,text (patched below)
    0xac, 0x84, 0xc0, 0x74, 0x14, 0x88, 0xc3,             // lodsb; test al,al; jz +20; mov bl,al
    0x66, 0xba, 0xfd, 0x03, 0xec, 0xa8, 0x20, 0x74, 0xfb, // mov dx,0x3fd; in al,dx; test; jz
    0x66, 0xba, 0xf8, 0x03, 0x88, 0xd8, 0xee,             // mov dx,0x3f8; mov al,bl; out
    0xeb, 0xe7,                                           // jmp to lodsb
  ];
  const code = [...print, ...ENDINGS[ending]];
  const textAt = entry + code.length;
  for (let i = 0; i < 4; i++) code[7 + i] = (textAt >>> (8 * i)) & 0xff;
  const bytes = typeof text === "string" ? new TextEncoder().encode(text) : text;
  const body = [...code, ...bytes, 0];
  const end = entry + body.length;
  const checksum = -(MAGIC + FLAGS) >>> 0;
  const header = Uint32Array.of(MAGIC, FLAGS, checksum, LOAD, LOAD, end, end, entry);
  return Uint8Array.from([...new Uint8Array(header.buffer), ...body]);
}
