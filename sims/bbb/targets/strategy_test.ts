import assert from "node:assert/strict";
import { type ByteLink, ms, type Power, seconds } from "hil";
import { openConsole, ShellSwitch } from "hil/drivers/console/mod.ts";
import { HostClock } from "hil/drivers/host_clock.ts";
import { timer } from "hil/time/mod.ts";
import { Timeline } from "hil/trace/mod.ts";
import { Strategy, ubootShell } from "./strategy.ts";

type State = "off" | "booting" | "countdown" | "prompt" | "program";

/** A board that is nothing but what its boot loader says. */
class FakeBoard implements ByteLink, Power {
  state: State = "off";
  readonly switched: string[] = [];
  /** Never comes to the countdown. */
  broken = false;
  #line = "";
  #take: (bytes: Uint8Array) => void = () => {};

  get readable(): ReadableStream<Uint8Array> {
    throw new Error("it is listened to");
  }

  listen(take: (bytes: Uint8Array) => void): void {
    this.#take = take;
  }

  say(text: string): void {
    this.#take(new TextEncoder().encode(text));
  }

  // deno-lint-ignore require-await
  async write(data: Uint8Array): Promise<void> {
    for (const character of new TextDecoder().decode(data)) this.#typed(character);
  }

  #typed(character: string): void {
    if (this.state === "countdown") {
      this.state = "prompt";
      this.say("\b\b 0\r\n=> ");
    } else if (this.state === "prompt") {
      if (character === "\x03") this.say("<INTERRUPT>\r\n=> ");
      else if (character === "\n") return this.#command(this.#line);
      this.#line = character === "\x03" ? "" : this.#line + character;
    }
  }

  #command(line: string): void {
    this.#line = "";
    const [, command, mark] = /^(.*); echo (hil\d+)=\$\?$/.exec(line) ?? [, line];
    if (command!.startsWith("go ")) {
      this.state = "program";
      this.say(`${line}\r\n## Starting application\r\n=> is no prompt of mine\r\n=> `);
    } else this.say(`${line}\r\n${mark}=0\r\n=> `);
  }

  // deno-lint-ignore require-await
  async on(): Promise<void> {
    this.switched.push("on");
    this.state = "booting"; // A key that is typed now is lost.
    this.say("U-Boot SPL\r\n");
    if (this.broken) return;
    timer(ms(20), () => {
      this.state = "countdown";
      this.say("Hit any key to stop autoboot:  2 ");
    });
  }

  // deno-lint-ignore require-await
  async cut(): Promise<void> {
    this.switched.push("off");
    this.state = "off";
  }

  off(): Promise<void> {
    return this.cut();
  }

  reset(): Promise<void> {
    return this.on();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

function lab() {
  const timeline = new Timeline({ write() {} });
  const clock = timeline.clock = new HostClock(timeline, "board");
  const board = new FakeBoard(), shell = new ShellSwitch(ubootShell());
  const console = openConsole({ name: "uart0", link: board, timeline, clock, shell });
  const strategy = new Strategy({ console, shell, power: board, clock, timeline });
  return { board, strategy, console };
}

const WITHIN = { within: seconds(5) };

Deno.test("nobody knows of a board at first: it is asked, and left alone when it answers", async () => {
  const { board, strategy } = lab();
  board.state = "prompt";
  board.say("=> ");
  const uboot = await strategy.toUboot(WITHIN);
  assert.equal(await uboot.run("mmc dev 1"), "");
  await strategy.toUboot(WITHIN);
  assert.deepEqual(board.switched, []);
});

Deno.test("half a line and a countdown need no power cycle", async () => {
  const { board, strategy, console } = lab();
  await strategy.power.on();
  await console.waitFor("autoboot:", WITHIN);
  await strategy.toUboot(WITHIN);
  await board.write(new TextEncoder().encode("mw.l 0x8200"));
  const uboot = await strategy.toUboot(WITHIN);
  await uboot.run("version");
  assert.deepEqual(board.switched, ["on"]);
});

Deno.test("a program that says what looks like a prompt is no U-Boot; what it said counts no more", async () => {
  const { board, strategy } = lab();
  const uboot = await strategy.toUboot(WITHIN);
  await uboot.go(0x8000_0000);
  // Of an earlier life, and not read: no countdown to be ended now.
  board.say("Hit any key to stop autoboot:  2 \r\n=> ");
  await strategy.toUboot(WITHIN);
  assert.equal(board.state, "prompt");
  assert.deepEqual(board.switched.slice(-2), ["off", "on"]);
});

Deno.test("a board that is off is not asked, and stays off when that is wanted", async () => {
  const { board, strategy, console } = lab();
  await strategy.off();
  await strategy.toUboot(WITHIN);
  await strategy.off();
  assert.equal(board.state, "off");
  assert.deepEqual(board.switched, ["off", "off", "on", "off"]);
  assert.equal(console.quality.bytesSent, " ".length, "only the key in the countdown");
});

Deno.test("a board that does not come to its countdown is a time-out that shows what it said", async () => {
  const { board, strategy } = lab();
  board.broken = true;
  const toUboot = strategy.toUboot({ within: ms(700) });
  await assert.rejects(toUboot, (error: Error) => {
    assert.match(error.message, /Cannot find .*autoboot.* on uart0/);
    assert.match(error.message, /U-Boot SPL/);
    return true;
  });
});
