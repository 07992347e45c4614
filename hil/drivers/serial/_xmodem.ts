/**
 * For tests: XMODEM (Ward Christensen, 1977; CRC by John Byrns) on a serial link, to talk with
 * programs that others wrote. Blocks of 128 bytes.
 */
import { equal } from "node:assert/strict";
import type { SerialLink } from "./mod.ts";
import { Reading } from "./_wire.ts";

const [SOH, EOT, ACK, NAK, SUB, C] = [0x01, 0x04, 0x06, 0x15, 0x1a, 0x43];
const BLOCK = 128;
const ATTEMPTS = 10;

/**
 * Sends `data`, its last block filled up with SUB, with CRC or checksum as the receiver wants.
 *
 * @param over resolves when the receiver has ended
 */
export async function sendXmodem(
  link: SerialLink,
  data: Uint8Array,
  over: Promise<unknown>,
): Promise<void> {
  const reading = new Reading(link);
  let [asked] = await reading.take(1);
  while (asked !== C && asked !== NAK) [asked] = await reading.take(1);
  const crc = asked === C;
  for (let number = 1; (number - 1) * BLOCK < data.length; number++) {
    const block = new Uint8Array(BLOCK).fill(SUB);
    block.set(data.subarray((number - 1) * BLOCK, number * BLOCK));
    const head = [SOH, number & 0xff, ~number & 0xff];
    let answer: number | undefined = NAK;
    for (let attempt = 0; attempt < ATTEMPTS && (answer === NAK || answer === C); attempt++) {
      await link.write(Uint8Array.from([...head, ...block, ...check(block, crc)]));
      [answer] = await reading.take(1);
    }
    equal(answer, ACK, `block ${number}`);
  }
  for (;;) {
    await link.write(Uint8Array.of(EOT));
    // As rx ends it drops what it has sent and was not read: its last ACK may be in there.
    const answer = await Promise.race([reading.take(1), over]);
    if (!(answer instanceof Uint8Array && answer[0] === NAK)) return;
  }
}

/** Receives all blocks, with CRC. */
export async function receiveXmodem(link: SerialLink): Promise<Uint8Array> {
  const reading = new Reading(link);
  const blocks: number[] = [];
  await link.write(Uint8Array.of(C));
  for (let number = 1;; number++) {
    const [type] = await reading.take(1);
    if (type === EOT) break;
    equal(type, SOH, `block ${number}`);
    const rest = await reading.take(2 + BLOCK + 2);
    equal(rest[0], number & 0xff);
    equal(rest[1], ~number & 0xff);
    const block = rest.subarray(2, 2 + BLOCK);
    equal(`${[...rest.subarray(2 + BLOCK)]}`, `${check(block, true)}`, `CRC of block ${number}`);
    blocks.push(...block);
    await link.write(Uint8Array.of(ACK));
  }
  await link.write(Uint8Array.of(ACK));
  return Uint8Array.from(blocks);
}

function check(block: Uint8Array, crc: boolean): number[] {
  if (!crc) return [block.reduce((sum, byte) => (sum + byte) & 0xff, 0)];
  let value = 0;
  for (const byte of block) {
    value ^= byte << 8;
    for (let bit = 0; bit < 8; bit++) value = (value << 1) ^ (value & 0x8000 ? 0x1021 : 0);
    value &= 0xffff;
  }
  return [value >> 8, value & 0xff];
}
