import assert from "node:assert/strict";
import { hostNow, seconds, withLimit } from "hil/time/mod.ts";
import { Board } from "./board.ts";
import { emmcOf } from "./targets/cards.ts";
import { cachedUboot } from "./debian/mod.ts";
import { WasmTier } from "./cpu/jit/mod.ts";
import { Live } from "./live.ts";

/** Fetched by the set-up of the scenarios. */
const ignore = await cachedUboot("bookworm") === undefined;

async function uboot(): Promise<Live> {
  const board = new Board({ emmc: await emmcOf({ uboot: "bookworm" }) });
  board.cpu.tier = new WasmTier(board.cpu.core);
  board.powerOn();
  return new Live(board, { fast: true });
}

Deno.test({
  name: "another program talks to U-Boot through a real terminal",
  ignore,
  async fn() {
    const live = await uboot();
    const path = live.pty(0);
    // Deno itself opens no terminal but with --allow-all.
    const terminal = new Deno.Command("bash", {
      args: ["-c", 'exec 3<>"$0"; cat <&3 & exec cat >&3', path],
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    const running = live.run();
    let said = "";
    const reader = terminal.stdout.getReader();
    const writer = terminal.stdin.getWriter();
    const until = async (text: string) => {
      while (!said.includes(text)) {
        const { value, done } = await reader.read();
        if (done) return;
        said += new TextDecoder().decode(value);
      }
      said = "";
    };
    const type = (text: string) => writer.write(new TextEncoder().encode(text));
    const late = () => assert.fail(`U-Boot said only: ${said}`);
    await withLimit(
      (async () => {
        await until("stop autoboot");
        await type(" ");
        await until("=> ");
        await type("echo $((6*7)) $board_name\r");
        await until("A335BNLT\r\n=> ");
      })(),
      seconds(60),
      late,
    );
    await live.stop();
    await running;
    await writer.close();
    await reader.cancel();
    await terminal.status;
  },
});

Deno.test({
  name: "GDB stops U-Boot where it waits for a key, and goes back in it",
  ignore,
  async fn() {
    const live = await uboot();
    let said = "";
    live.listen(0, (bytes) => said += new TextDecoder().decode(bytes));
    await live.run(() => said.includes("stop autoboot"));
    const running = live.run();
    const { stdout, stderr } = await new Deno.Command("gdb-multiarch", {
      args: [
        ...["-nx", "-batch", "-ex", "set confirm off", "-ex", `target remote ${live.gdb(0)}`],
        ...["-ex", "stepi 100", "-ex", "reverse-stepi", "-ex", "monitor time", "-ex", "detach"],
      ],
      stdin: "null",
    }).output();
    live.type(0, new TextEncoder().encode(" "));
    await live.run(() => said.includes("=> "));
    await live.stop();
    await running;
    const text = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
    // Three times it stood in U-Boot, which has moved to the top of memory.
    assert.equal(text.match(/0x9ff\w{5} in/g)?.length, 3, text);
    assert.match(text, /\d s, [\d,]+ instructions/);
  },
});

Deno.test("a board is never faster than it is let, however little it has to do", async () => {
  for (const speed of [1, 10]) {
    const board = new Board();
    const live = new Live(board, { speed });
    const from = hostNow();
    await live.run(() => board.clock.now() >= 200_000_000);
    const wallNs = hostNow() - from;
    // What it may be ahead, and a stretch.
    assert(wallNs * speed >= 200_000_000 - speed * 2_000_000 - 5_000_000, `${wallNs} ns`);
    await live.stop();
  }
});

Deno.test("when the plug is pulled, what was typed and is on its way is gone", async () => {
  const board = new Board();
  const uart = board.soc.uarts[0]!, came: number[] = [];
  uart.receive = (byte) => void came.push(byte);
  const live = new Live(board, { fast: true });
  board.powerOn();
  live.type(0, new Uint8Array([1, 2, 3]));
  await live.run(() => came.length > 0);
  live.powerCut();
  assert.equal(board.powered, false);
  const then = board.clock.now();
  await live.run(() => board.clock.now() > then + 10_000_000);
  assert.deepEqual(came, [1]);
  await live.stop();
});

Deno.test("there are six UARTs", async () => {
  const live = new Live(new Board());
  assert.throws(() => live.type(6, new Uint8Array(1)), /^RangeError: Cannot find UART "6"/);
  await live.stop();
});
