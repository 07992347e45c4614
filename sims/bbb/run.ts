/** Runs a simulated BeagleBone Black from a terminal: see `--help`. */
import { parseArgs } from "node:util";
import { FolderRoot } from "hil/drivers/tftp/mod.ts";
import { VirtualClock } from "sims/engine/mod.ts";
import { Board, type BoardOptions } from "./board.ts";
import {
  cardBlocksFor,
  cardImage,
  CardStorage,
  EMMC_BLOCKS,
  ImageError,
  ImageFile,
} from "./card/mod.ts";
import { DebianError, fetchUboot, type UbootSuite } from "./debian/mod.ts";
import { WasmTier } from "./cpu/jit/mod.ts";
import { ElfError, readSymbols } from "./elf.ts";
import { Live } from "./live.ts";
import { DhcpService, Host, Lan, type LanPort, TftpService } from "./net/mod.ts";

const HELP =
  `Runs a simulated BeagleBone Black. UART0 is on this terminal, or goes to standard output; what the
boot ROM and faults say goes to standard error. Ctrl-A x ends it, Ctrl-A Ctrl-A types Ctrl-A.

Usage: deno task board [option…]

What is on it
  --emmc IMAGE      raw image of the eMMC, not changed; "bookworm" or "bullseye" makes one with
                    Debian's U-Boot
  --sd IMAGE        the same for the card in the slot
  --s2              the boot button is held: the slot is tried before the eMMC
  --uenv FILE       becomes uEnv.txt on cards that are made here
  --boot FILE       commands of U-Boot: becomes boot.scr on cards that are made here
  --tftp FOLDER     serves it to the board, with DHCP and ping, as 198.51.100.1
Who looks at it
  --pty N           a pseudo-terminal on UART N, for any terminal program; may be given again
  --gdb PORT        GDB: gdb-multiarch -ex "target remote 127.0.0.1:PORT"; reverse-stepi works
  --symbols ELF     names for addresses in faults
  --accesses        prints each access to a register
By itself
  --until TEXT      ends when UART0 has said it, exit status 0; or 1 after --limit
  --limit SECONDS   of the board's time; with --until 30
  --send TEXT       is typed on UART0 once --after was said; "\\n" is Enter
  --after TEXT      default: the autoboot prompt of U-Boot
  --fast            does not wait for the clock on the wall; --until does not either
  --interpret       nothing is translated to WebAssembly
  --help`;

const OPTIONS = {
  emmc: { type: "string" },
  sd: { type: "string" },
  s2: { type: "boolean" },
  uenv: { type: "string" },
  boot: { type: "string" },
  tftp: { type: "string" },
  pty: { type: "string", multiple: true },
  gdb: { type: "string" },
  symbols: { type: "string" },
  accesses: { type: "boolean" },
  until: { type: "string" },
  limit: { type: "string" },
  send: { type: "string" },
  after: { type: "string" },
  fast: { type: "boolean" },
  interpret: { type: "boolean" },
  help: { type: "boolean" },
} as const;

/** Who serves by TFTP and DHCP: addresses that documentation may use. */
const SERVER = {
  mac: "02:00:00:00:00:01",
  address: "198.51.100.1",
  pool: ["198.51.100.100", "198.51.100.199"],
} as const;

type Values = ReturnType<typeof parse>;

function parse(argv: readonly string[]) {
  return parseArgs({ args: [...argv], options: OPTIONS }).values;
}

async function storage(name: string, what: string, values: Values): Promise<CardStorage> {
  const least = name === "eMMC" ? EMMC_BLOCKS : 0;
  const image = what === "bookworm" || what === "bullseye"
    ? await debianCard(what, values)
    : await ImageFile.open(what);
  return new CardStorage(name, Math.max(least, cardBlocksFor(image.blocks)), image);
}

async function debianCard(suite: UbootSuite, { uenv, boot }: Values) {
  const { mlo, uboot } = await fetchUboot(suite, { progress: console.error });
  const files: Record<string, string> = {};
  if (uenv) files["uEnv.txt"] = await Deno.readTextFile(uenv);
  return cardImage({
    name: suite,
    loader: { mlo: await Deno.readFile(mlo), uboot: await Deno.readFile(uboot) },
    files,
    ...boot && { bootScript: await Deno.readTextFile(boot) },
  });
}

async function boardOf(values: Values): Promise<Board> {
  const options: { -readonly [K in keyof BoardOptions]: BoardOptions[K] } = {};
  if (values.emmc) options.emmc = await storage("eMMC", values.emmc, values);
  if (values.sd) options.sd = await storage("SD", values.sd, values);
  if (values.symbols) {
    options.symbols = readSymbols(await Deno.readFile(values.symbols), values.symbols);
  }
  const clock = new VirtualClock("board");
  if (values.tftp) options.lan = network(clock, values.tftp);
  const board = new Board({ ...options, clock });
  if (!values.interpret) board.cpu.tier = new WasmTier(board.cpu.core);
  board.s2Held = values.s2 ?? false;
  return board;
}

/** A network with one server; gives where the board's cable goes. */
function network(clock: VirtualClock, folder: string): LanPort {
  const lan = new Lan({ name: "lan", clock });
  const port = lan.port("server");
  const host = new Host({ name: "server", clock, port, mac: SERVER.mac, address: SERVER.address });
  new TftpService({ clock, host, root: new FolderRoot(folder) });
  new DhcpService({ clock, host, pool: SERVER.pool });
  return lan.port("board");
}

function watch(board: Board, { accesses }: Values): void {
  const at = () => `${(board.clock.now() / 1e9).toFixed(6)} s`;
  board.onNote = ({ device, text }) => console.error(`[${at()}] ROM, ${device}: ${text}`);
  board.onReset = (reason) => console.error(`[${at()}] reset: ${reason}`);
  board.onFault = ({ pc, symbol, what }) => {
    console.error(
      `[${at()}] fault at 0x${pc.toString(16)}${symbol ? ` (${symbol})` : ""}: ${what}`,
    );
  };
  if (!accesses) return;
  board.onAccess = ({ peripheral, offset, width, value, write, register }) => {
    const name = register?.name ?? `0x${offset.toString(16)}`;
    console.error(
      `[${at()}] pc 0x${board.cpu.pc.toString(16)} ${write ? "write" : "read"}${8 * width} ` +
        `${peripheral}.${name} 0x${(value >>> 0).toString(16)}`,
    );
  };
}

/** @returns whether --until came, if it was given */
async function run(board: Board, values: Values): Promise<boolean> {
  watch(board, values);
  const { until } = values;
  const limit = numberOf("--limit", values.limit ?? (until === undefined ? undefined : "30"));
  const live = new Live(board, { fast: values.fast ?? until !== undefined });
  const pty = (values.pty ?? []).map((n) => numberOf("--pty", n));
  for (const n of pty) console.error(`UART${n}: ${live.pty(n)}`);
  if (values.gdb !== undefined) {
    console.error(`GDB: target remote ${live.gdb(numberOf("--gdb", values.gdb))}`);
  }
  const said = pty.includes(0) ? undefined : new Said(live, values);
  if (said && Deno.stdin.isTerminal()) typeOn(live);
  Deno.addSignalListener("SIGTERM", () => void live.stop());
  if (!Deno.stdin.isTerminal()) Deno.addSignalListener("SIGINT", () => void live.stop());
  board.powerOn();
  await live.run(() => said?.found || board.clock.now() >= limit * 1e9);
  if (Deno.stdin.isTerminal()) Deno.stdin.setRaw(false);
  await live.stop();
  return until === undefined || said?.found === true;
}

function numberOf(option: string, text: string | undefined): number {
  const value = text === undefined ? Infinity : Number(text);
  if (value >= 0) return value;
  throw new RangeError(`Cannot use "${option} ${text}": it is no number; give one from 0 on`);
}

/** What UART0 says: to standard output at once, and looked through. */
class Said {
  found = false;
  #text = "";
  #toSend: string | undefined;

  constructor(live: Live, { until, send, after = "Hit any key to stop autoboot" }: Values) {
    this.#toSend = send?.replaceAll("\\n", "\r");
    live.listen(0, (bytes) => {
      Deno.stdout.writeSync(bytes);
      this.#text = (this.#text + String.fromCharCode(...bytes)).slice(-4096);
      this.found ||= until !== undefined && this.#text.includes(until);
      if (this.#toSend === undefined || !this.#text.includes(after)) return;
      live.type(0, new TextEncoder().encode(this.#toSend));
      this.#toSend = undefined;
    });
  }
}

const CTRL_A = 0x01;

/** What is typed on this terminal goes to UART0, but for what Ctrl-A begins. */
function typeOn(live: Live): void {
  Deno.stdin.setRaw(true);
  let escaped = false;
  void (async () => {
    for await (const bytes of Deno.stdin.readable) {
      const typed: number[] = [];
      for (const byte of bytes) {
        if (escaped && byte !== CTRL_A) {
          escaped = false;
          if (String.fromCharCode(byte) === "x") return await live.stop();
        } else if (byte === CTRL_A && !escaped) escaped = true;
        else {
          escaped = false;
          typed.push(byte);
        }
      }
      if (typed.length > 0) live.type(0, Uint8Array.from(typed));
    }
  })();
}

if (import.meta.main) {
  try {
    const values = parse(Deno.args);
    if (values.help) console.log(HELP);
    else {
      const board = await boardOf(values);
      const found = await run(board, values);
      const seconds = (board.clock.now() / 1e9).toFixed(3);
      console.error(`\n${seconds} s, ${board.cpu.instructions.toLocaleString("en")} instructions`);
      Deno.exit(found ? 0 : 1);
    }
  } catch (error) {
    const known = error instanceof ImageError || error instanceof DebianError ||
      error instanceof ElfError || error instanceof TypeError || error instanceof RangeError;
    if (!known) throw error;
    console.error((error as Error).message);
    Deno.exit(2);
  }
}
