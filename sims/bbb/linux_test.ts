/** Debian's kernel on the board, from power-on by the boot ROM and U-Boot to a shell. */
import assert from "node:assert/strict";
import { Board } from "./board.ts";
import { cardImage, CardStorage, EMMC_BLOCKS } from "./card/mod.ts";
import { initramfs } from "./card/initramfs.ts";
import { WasmTier } from "./cpu/jit/mod.ts";
import { cachedKernel, cachedUboot, type Kernel, type Uboot } from "./debian/mod.ts";

const S = 1_000_000_000;
const [uboot, kernel] = [await cachedUboot("bookworm"), await cachedKernel()];

const INIT = `#!/bin/busybox sh
/bin/busybox mount -t proc none /proc
/bin/busybox echo "kernel $(/bin/busybox uname -r) on $(/bin/busybox uname -m)"
/bin/busybox awk 'BEGIN { printf "%.6f\\n", 355 / 113 }'
/bin/busybox sleep 1
/bin/busybox cat /proc/interrupts
/bin/busybox echo READY
exec /bin/busybox sh
`;
const SCRIPT = `setenv bootargs console=ttyO0,115200n8
load mmc 1:1 0x82000000 zImage
load mmc 1:1 0x88000000 board.dtb
load mmc 1:1 0x88080000 initrd
bootz 0x82000000 0x88080000:\${filesize} 0x88000000
`;

function cardOf(uboot: Uboot, kernel: Kernel): CardStorage {
  const image = cardImage({
    name: "Linux",
    loader: { mlo: Deno.readFileSync(uboot.mlo), uboot: Deno.readFileSync(uboot.uboot) },
    files: {
      "zImage": Deno.readFileSync(kernel.image),
      "board.dtb": Deno.readFileSync(kernel.deviceTree),
      "initrd": initramfs([
        ...["bin", "dev", "proc"].map((path) => ({ path, mode: 0o40755 })),
        { path: "dev/console", mode: 0o20600, device: [5, 1] },
        { path: "bin/busybox", mode: 0o100755, contents: Deno.readFileSync(kernel.busybox) },
        { path: "init", mode: 0o100755, contents: INIT },
      ]),
    },
    bootScript: SCRIPT,
  });
  return new CardStorage("eMMC", EMMC_BLOCKS, image);
}

Deno.test({
  name: "Linux boots to a shell: MMU, interrupts, timers, floating point, user mode",
  ignore: !uboot || !kernel,
  fn() {
    const board = new Board({ emmc: cardOf(uboot!, kernel!) });
    board.cpu.tier = new WasmTier(board.cpu.core);
    let said = "";
    board.soc.uarts[0]!.connect({ receive: (byte) => void (said += String.fromCharCode(byte)) });
    const until = (text: string, seconds: number) => {
      let length = -1;
      const done = () => length !== said.length && (length = said.length, said.includes(text));
      const came = board.clock.runUntil(done, board.clock.now() + seconds * S);
      assert.ok(came, `"${text}" did not come: ${said.slice(-3000)}`);
    };
    board.powerOn();
    until("Starting kernel", 8);
    until("READY", 20);
    assert.match(said, /kernel 6\.1\.\S+-armmp on armv7l/);
    assert.match(said, /3\.141593/);
    assert.match(said, /INTC {2}68 Level {5}clockevent/);
    // The shell answers.
    for (const byte of new TextEncoder().encode("/bin/busybox expr 6 \\\\* 7\\n")) {
      board.soc.uarts[0]!.receive(byte);
      board.clock.runTo(board.clock.now() + 1_000_000);
    }
    until("42", 2);
  },
});
