/** What the board's scenarios have in common. */
import { seconds, step } from "hil";
import type { BeagleBone, TftpServer, UBoot } from "sims/bbb/mod.ts";

export const BLOCK_BYTES = 512;

/** From power-on to the prompt takes 1 to 4 s of the board's time. */
export const BOOT_LIMIT = seconds(20);

export async function bootToPrompt(board: BeagleBone): Promise<UBoot> {
  return await step("boot to U-Boot's prompt", async () => {
    await board.power.on();
    return await board.uboot.interrupt({ within: BOOT_LIMIT });
  });
}

export async function setAddresses(uboot: UBoot, tftp: TftpServer): Promise<void> {
  await uboot.run(`setenv ipaddr ${tftp.clientAddress}`);
  await uboot.run(`setenv netmask ${tftp.netmask}`);
  await uboot.run(`setenv serverip ${tftp.address}`);
}

/** Bytes that tell each block from each other, and a shifted one too. */
export function pattern(blocks: number, salt = 0): Uint8Array {
  const words = new Uint32Array(blocks * BLOCK_BYTES / 4);
  for (let i = 0; i < words.length; i++) words[i] = Math.imul(i + 1 + salt, 0x9e37_79b1);
  return new Uint8Array(words.buffer);
}
