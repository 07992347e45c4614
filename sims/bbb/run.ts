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
import { DhcpService, Host, Lan, type LanPort, TftpService } from "./net/mod.ts";

const HELP = `Runs a simulated BeagleBone Black: what UART0 says goes to standard output, what the
boot ROM and faults say to standard error.

Usage: deno run --allow-read --allow-write --allow-run --allow-env sims/bbb/run.ts [option…]

  --emmc IMAGE      raw image of the eMMC, not changed; "bookworm" or "bullseye" makes one with
                    Debian's U-Boot
  --sd IMAGE        the same for the card in the slot
  --s2              the boot button is held: the slot is tried before the eMMC
  --uenv FILE       becomes uEnv.txt on cards that are made here
  --boot FILE       commands of U-Boot: becomes boot.scr on cards that are made here
  --tftp FOLDER     serves it to the board, with DHCP and ping, as 198.51.100.1
  --until TEXT      ends when UART0 has said it; exit status 0
  --send TEXT       is typed on UART0 once --after was said; "\\n" is Enter
  --after TEXT      default: the autoboot prompt of U-Boot
  --limit SECONDS   of virtual time; default 30; exit status 1 when --until did not come
  --symbols ELF     names for addresses in faults
  --interpret       nothing is translated to WebAssembly
  --accesses        prints each access to a register
  --help`;

const OPTIONS = {
  emmc: { type: "string" },
  sd: { type: "string" },
  s2: { type: "boolean" },
  uenv: { type: "string" },
  boot: { type: "string" },
  tftp: { type: "string" },
  until: { type: "string" },
  send: { type: "string" },
  after: { type: "string" },
  limit: { type: "string" },
  symbols: { type: "string" },
  accesses: { type: "boolean" },
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

/** What UART0 says, to standard output at once and kept to be searched. */
function console0(board: Board): { readonly text: () => string } {
  const said: number[] = [];
  board.soc.uarts[0]!.connect({
    receive(byte) {
      said.push(byte);
      Deno.stdout.writeSync(Uint8Array.of(byte));
    },
  });
  return { text: () => String.fromCharCode(...said.slice(-4096)) };
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

function run(board: Board, values: Values): boolean {
  watch(board, values);
  const { text } = console0(board);
  const limit = Number(values.limit ?? 30) * 1e9;
  const { until } = values;
  let toSend = values.send?.replaceAll("\\n", "\r");
  const after = values.after ?? "Hit any key to stop autoboot";
  const link = board.soc.uarts[0]!;
  board.powerOn();
  for (let t = 0; t < limit; t += 1e7) {
    board.clock.runTo(t);
    if (toSend && text().includes(after)) {
      link.receive(toSend.charCodeAt(0));
      toSend = toSend.slice(1);
    } else if (until !== undefined && text().includes(until)) return true;
  }
  return until === undefined;
}

if (import.meta.main) {
  try {
    const values = parse(Deno.args);
    if (values.help) console.log(HELP);
    else {
      const board = await boardOf(values);
      const found = run(board, values);
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
