/**
 * A memory card between a board and this machine: a multiplexer (SDWire, usbsdmux and their like) that
 * two commands switch, and the device by which the card is read and written while it is here. Programs
 * do all of it, for Deno opens what is in /dev only with --allow-all.
 *
 * @example
 * ```ts ignore
 * const card = await SdMux.open({
 *   name: "SD",
 *   toHost: ["usbsdmux", "/dev/usb-sd-mux/id-00048.00643", "host"],
 *   toBoard: ["usbsdmux", "/dev/usb-sd-mux/id-00048.00643", "dut"],
 *   device: "/dev/disk/by-id/usb-LinuxAut_sdmux_HS-SD_MMC_00048.00643-0:0",
 * });
 * await card.write(0, image);
 * ```
 */
import { registerError } from "../record/errors.ts";
import type { Storage } from "../ports/mod.ts";
import { type Duration, hostNow, ms, pause, seconds } from "../time/mod.ts";

export interface SdMuxOptions {
  /** For errors: "SD". */
  readonly name: string;
  /** Program and arguments, which no shell looks at. */
  readonly toHost: readonly string[];
  readonly toBoard: readonly string[];
  /** The card's, once it is here; or an image file. */
  readonly device: string;
  /** Longest that a switch, and the card's coming, may take. Default: 20 s. */
  readonly limit?: Duration;
}

const BLOCK_BYTES = 512;
/** Written at a time. */
const PART_BYTES = 4 << 20;
const LOOK_AGAIN = ms(100);

/** A card that cannot be switched, read or written. */
export class SdMuxError extends Error {
  override readonly name = "SdMuxError";

  constructor(card: string, doing: string, what: string, options?: ErrorOptions) {
    super(`Cannot ${doing} the card "${card}": ${what}`, options);
  }
}
registerError(SdMuxError);

/** Each reading and writing fetches the card, and gives it back. The board had best be off then. */
export class SdMux implements Storage {
  readonly name: string;
  #blocks = 0;
  #last: Promise<unknown> = Promise.resolve();

  private constructor(private readonly options: SdMuxOptions) {
    this.name = options.name;
  }

  /** Fetches the card once, to see that it is there; the board has it afterwards. */
  static async open(options: SdMuxOptions): Promise<SdMux> {
    const mux = new SdMux(options);
    await mux.#withCard(() => Promise.resolve());
    return mux;
  }

  get blocks(): number {
    return this.#blocks;
  }

  read(block: number, count = 1): Promise<Uint8Array> {
    return this.#withCard(async (device) => {
      this.#check("read from", block, count);
      const place = [`if=${device}`, `skip=${block}`, `count=${count}`];
      const { stdout } = await this.#run("read", ["dd", ...place, `bs=${BLOCK_BYTES}`]);
      if (stdout.length === count * BLOCK_BYTES) return stdout;
      const what = `${stdout.length} bytes came of ${count} blocks; look at "dmesg"`;
      throw new SdMuxError(this.name, "read", what);
    });
  }

  write(block: number, bytes: Uint8Array): Promise<void> {
    return this.#withCard(async (device) => {
      const count = bytes.length / BLOCK_BYTES;
      if (!Number.isInteger(count)) {
        throw new RangeError(
          `Cannot write "${bytes.length}" bytes to ${this.name}: that is no whole number of ` +
            `blocks; give blocks of ${BLOCK_BYTES}`,
        );
      }
      this.#check("write to", block, count);
      const place = [`of=${device}`, `seek=${block * BLOCK_BYTES}`, "oflag=seek_bytes"];
      const how = [`bs=${PART_BYTES}`, "iflag=fullblock", "conv=notrunc,fsync"];
      await this.#run("write", ["dd", ...place, ...how], bytes);
    });
  }

  /** The board's slot is empty from now on, until the card is read or written. */
  takeAway(): Promise<void> {
    return this.#inTurn(() => this.#switch("toHost"));
  }

  async #withCard<T>(work: (device: string) => Promise<T>): Promise<T> {
    return await this.#inTurn(async () => {
      await this.#switch("toHost");
      try {
        await this.#mustBeFree();
        this.#blocks = await this.#comes();
        await this.#mustBeFree(); // Some desktops mount what comes.
        return await work(this.options.device);
      } finally {
        await this.#switch("toBoard");
      }
    });
  }

  async #switch(where: "toHost" | "toBoard"): Promise<void> {
    await this.#run(where === "toHost" ? "fetch" : "give back", this.options[where]);
  }

  /** Its blocks. Without a card, or while it is on its way, the device is not there, or has none. */
  async #comes(): Promise<number> {
    const { device, limit = seconds(20) } = this.options;
    const due = hostNow() + limit.ns;
    let last: SdMuxError | undefined;
    do {
      const bytes = await this.#size(device).catch((error) => {
        last = error;
        return 0;
      });
      if (bytes >= BLOCK_BYTES) return Math.floor(bytes / BLOCK_BYTES);
      await pause(LOOK_AGAIN);
    } while (hostNow() < due);
    const what = `it is not at ${device} within ${limit}; ` +
      `look whether a card is in, and whether "toHost" and "device" are of one multiplexer`;
    throw new SdMuxError(this.name, "fetch", what, { cause: last });
  }

  async #size(device: string): Promise<number> {
    const kind = await this.#run("look at", ["stat", "-Lc", "%F %s", "--", device]);
    const [, size] = /^regular (?:empty )?file (\d+)/.exec(textOf(kind.stdout)) ?? [];
    if (size !== undefined) return Number(size);
    const { stdout } = await this.#run("look at", ["blockdev", "--getsize64", device]);
    return Number(textOf(stdout));
  }

  /** A wrong device in a bench file is to cost nobody a disk. */
  async #mustBeFree(): Promise<void> {
    const { device } = this.options;
    const { stdout: real } = await this.#run("look at", ["readlink", "-f", "--", device]);
    const { stdout } = await this.#run("look at", ["cat", "/proc/mounts", "/proc/swaps"]);
    const path = textOf(real).trim();
    const used = textOf(stdout).split("\n").map((line) => line.split(/\s/))
      .find(([source = ""]) => source === path || /^p?\d+$/.test(afterStart(source, path)));
    if (!used) return;
    const [source, where] = used;
    throw new SdMuxError(
      this.name,
      "use",
      `${source} is in use on this machine (${where}); ` +
        `unmount it, or correct "device" in the bench file: what is there would be overwritten`,
    );
  }

  #check(doing: string, block: number, count: number): void {
    const whole = Number.isSafeInteger(block) && Number.isSafeInteger(count);
    if (whole && block >= 0 && count >= 0 && block + count <= this.#blocks) return;
    throw new RangeError(
      `Cannot ${doing} ${count} blocks at "${block}" of ${this.name}: it has ${this.#blocks}; ` +
        `put in a larger card, or stay within this one`,
    );
  }

  async #run(
    doing: string,
    [command, ...args]: readonly string[],
    input?: Uint8Array,
  ): Promise<{ readonly stdout: Uint8Array }> {
    const options = {
      args,
      stdin: input ? "piped" : "null",
      stdout: "piped",
      stderr: "piped",
    } as const;
    let child: Deno.ChildProcess;
    try {
      child = new Deno.Command(command!, options).spawn();
    } catch (cause) {
      const what = `the program "${command}" cannot be run; install it, or correct its name`;
      throw new SdMuxError(this.name, doing, what, { cause });
    }
    // A program that ends before it has read all says why.
    const sent = input &&
      new Blob([input as Uint8Array<ArrayBuffer>]).stream().pipeTo(child.stdin).catch(() => {});
    const { success, code, stdout, stderr } = await child.output();
    await sent;
    if (success) return { stdout };
    const said = textOf(stderr).trim().split("\n").at(-1) || "nothing";
    const what = `"${[command, ...args].join(" ")}" ended with ${code} and said "${said}"; ` +
      `run it by hand to see why`;
    throw new SdMuxError(this.name, doing, what);
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const next = this.#last.then(work);
    this.#last = next.catch(() => {});
    return next;
  }
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

/** What follows; text that does not begin so has no number behind it. */
function afterStart(text: string, start: string): string {
  return text.startsWith(start) ? text.slice(start.length) : "-";
}
