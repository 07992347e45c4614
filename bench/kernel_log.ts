/** A log as a kernel prints it, of any size, with the text that is waited for at its end. */
import { createHash } from "node:crypto";
import { Random } from "sims/engine/mod.ts";

export interface KernelLog {
  readonly path: string;
  readonly sizeBytes: number;
  readonly sha256: string;
}

/** What the last line says, and no other. */
export const LAST_WORDS = "System is up";

const DRIVERS = [
  "usb 1-1",
  "pci 0000:00:1f.2",
  "ata1.00",
  "EXT4-fs (sda1)",
  "am335x-uart 44e09000",
];
const EVENTS = [
  "new high-speed device number",
  "reg 0x10: [mem 0xfebf0000-0xfebf0fff] flags",
  "configured for UDMA/133, queue depth",
  "mounted filesystem with ordered data mode, opts",
  "System clock source changed, rate",
];
const BLOCK_BYTES = 1_000_000;

/** Writes the log: one seeded megabyte of lines, again and again, cut to size. */
export function writeKernelLog(path: string, sizeBytes: number): KernelLog {
  const block = kernelLines();
  const end = new TextEncoder().encode(`\n[  999.999999] init: ${LAST_WORDS}\n`);
  const hash = createHash("sha256");
  using file = Deno.openSync(path, { write: true, create: true, truncate: true });
  const put = (bytes: Uint8Array) => {
    hash.update(bytes);
    for (let at = 0; at < bytes.length;) at += file.writeSync(bytes.subarray(at));
  };
  for (let left = sizeBytes - end.length; left > 0; left -= block.length) {
    put(block.subarray(0, Math.min(left, block.length)));
  }
  put(end);
  return { path, sizeBytes, sha256: hash.digest("hex") };
}

function kernelLines(): Uint8Array<ArrayBuffer> {
  const random = new Random(1);
  let text = "";
  for (let micros = 0; text.length < BLOCK_BYTES; micros += 1 + random.below(2000)) {
    const seconds = (micros / 1e6).toFixed(6).padStart(12);
    const driver = DRIVERS[random.below(DRIVERS.length)];
    const event = EVENTS[random.below(EVENTS.length)];
    text += `[${seconds}] ${driver}: ${event} ${random.below(1e6)}\n`;
  }
  return new TextEncoder().encode(text.slice(0, BLOCK_BYTES));
}
