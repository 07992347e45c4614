/** Debian's own U-Boot on the board, by the ways that the boot ROM knows. */
import assert from "node:assert/strict";
import { Board, type BoardOptions } from "./board.ts";
import { cardImage, type CardImageOptions, CardStorage, EMMC_BLOCKS } from "./card/mod.ts";
import { WasmTier } from "./cpu/jit/mod.ts";
import { cachedUboot } from "./debian/mod.ts";
import { crc16 } from "./rom/xmodem.ts";

const MS = 1_000_000;
const S = 1000 * MS;
/** Fetched by the set-up of the scenarios; the tests of debian/ say what is wrong without it. */
const found = await cachedUboot("bookworm");
const ignore = found === undefined;
const loader = found && {
  mlo: Deno.readFileSync(found.mlo),
  uboot: Deno.readFileSync(found.uboot),
};

function storage(name: string, options: CardImageOptions): CardStorage {
  const image = cardImage({ name, ...options });
  return new CardStorage(name, name === "eMMC" ? EMMC_BLOCKS : image.blocks, image);
}

function rig(options: BoardOptions) {
  const board = new Board(options);
  board.cpu.tier = new WasmTier(board.cpu.core);
  const log: string[] = [];
  const said: number[] = [];
  board.onNote = ({ device, text }) => log.push(`${device}: ${text}`);
  board.soc.uarts[0]!.connect({ receive: (byte) => void said.push(byte) });
  const text = () => String.fromCharCode(...said);
  const until = (wanted: string, ns = S) => {
    let length = -1;
    // Asked after each event: looks only when something was said.
    const done = () => length !== said.length && (length = said.length, text().includes(wanted));
    const came = board.clock.runUntil(done, board.clock.now() + ns);
    assert.ok(came, `"${wanted}" did not come: ${text()}`);
  };
  return { board, log, said, text, until };
}

Deno.test({
  name: "U-Boot boots from raw sectors of the eMMC, where Debian's README puts it",
  ignore,
  fn() {
    const { board, log, until } = rig({ emmc: storage("eMMC", { loader, layout: "raw" }) });
    board.powerOn();
    until("Trying to boot from MMC2");
    until("Model: TI AM335x BeagleBone Black");
    assert.deepEqual(log, ["MMC1: boots raw at sector 0x100: 109728 bytes at 0x402f0400"]);
  },
});

Deno.test({
  name: "a truncated MLO on the eMMC is passed over, and the card in the slot boots",
  ignore,
  fn() {
    const broken = storage("eMMC", { files: { "MLO": loader!.mlo.subarray(0, 50_000) } });
    const { board, log, until } = rig({ emmc: broken, sd: storage("SD", { loader }) });
    board.powerOn();
    until("Trying to boot from MMC1");
    assert.match(log[0]!, /FAT: MLO is truncated: it has 50000 bytes, and its header says 110248$/);
    assert.equal(log[1], "MMC0: boots MLO on FAT: 109728 bytes at 0x402f0400");
  },
});

Deno.test({
  name: "SPL comes by XMODEM, and asks for the rest by YMODEM",
  ignore,
  fn() {
    const { board, said, until } = rig({});
    board.powerOn();
    until("C");
    // Without table of contents and header: a peripheral's image is bare code.
    const code = loader!.mlo.subarray(520);
    const answer = (byte: number) => {
      const from = said.length;
      const came = () => said.indexOf(byte, from) >= 0;
      assert.ok(board.clock.runUntil(came, board.clock.now() + S), `no 0x${byte.toString(16)}`);
    };
    const send = (bytes: readonly number[]) => {
      for (const [n, byte] of bytes.entries()) {
        board.clock.after((n + 1) * 87_000, () => board.soc.uarts[0]!.receive(byte));
      }
      answer(0x06);
    };
    for (let at = 0, block = 1; at < code.length; at += 1024, block++) {
      const data = new Uint8Array(1024).fill(0x1a);
      data.set(code.subarray(at, at + 1024));
      const crc = crc16(data);
      send([2, block & 0xff, ~block & 0xff, ...data, crc >> 8, crc & 0xff]);
    }
    send([4]);
    until("Trying to boot from UART\r\nC", 5 * S);
  },
});

Deno.test({
  name: "polls are computed or executed, and all is the same",
  ignore,
  fn() {
    const boot = (skips: boolean) => {
      const { board, text, until } = rig({ emmc: storage("eMMC", { loader }) });
      board.cpu.skipper.enabled = skips;
      board.powerOn();
      until("Model:");
      board.clock.runTo(board.clock.now() + MS);
      const { t, parts } = board.snapshot();
      return { said: text(), t, parts, instructions: board.cpu.instructions };
    };
    assert.deepEqual(boot(true), boot(false));
  },
});
