/** The target "sim" of the role "board": the simulated BeagleBone Black, in virtual time. */
import { type Console, defineTarget, type Power, type TargetContext } from "hil";
import { openConsole, ShellSwitch } from "hil/drivers/console/mod.ts";
import { loadParts, type PartStates, saveParts } from "sims/engine/mod.ts";
import { Board, type BoardSnapshot as BoardState } from "../board.ts";
import { EVERYTHING } from "../capabilities.ts";
import { WasmTier } from "../cpu/jit/mod.ts";
import { readSymbols } from "../elf.ts";
import { type Lab, labOf } from "../lab.ts";
import type {
  BeagleBone,
  BoardOptions,
  BoardSnapshot,
  BootData,
  FaultData,
  SimulatedBoard,
} from "../port.ts";
import { SerialLink } from "../serial_link.ts";
import { emmcOf, slotOf } from "./cards.ts";
import { fingerprint } from "./fingerprint.ts";
import { lookAt } from "./looking.ts";
import { Pins } from "./pins.ts";
import { SerialPorts } from "./serial_ports.ts";
import { showSignals } from "./signals.ts";
import { pastOf } from "./past.ts";
import { prepareUboot } from "./prepare.ts";
import { Strategy, ubootShell } from "./strategy.ts";

interface Options extends BoardOptions {
  /** Interprets every instruction: slower, and the same to the bit. */
  readonly interpret?: boolean;
}

export default defineTarget<BeagleBone & SimulatedBoard>({
  title: "simulated BeagleBone Black",
  offers: ["simulated", ...EVERYTHING],
  deterministic: true,
  availability: () => ({ ok: true }),
  prepare: prepareUboot,
  start,
});

async function start(context: TargetContext): Promise<BeagleBone & SimulatedBoard> {
  const { timeline } = context;
  const options = context.options as Options;
  const lab = labOf(timeline);
  const { clock } = lab;
  const emmc = await emmcOf(options.emmc, context.defer);
  const sd = await slotOf(options.sd, context.defer);
  const port = lab.lan.port("board");
  const board = new Board({ clock: clock.board, emmc, sd, lan: port });
  board.s2Held = options.s2 ?? false;
  if (options.symbols !== undefined) {
    board.symbols = readSymbols(await Deno.readFile(options.symbols), options.symbols);
  }
  if (!options.interpret) board.cpu.tier = new WasmTier(board.cpu.core);
  const uart = board.soc.uarts[0]!;
  const link = new SerialLink({ name: "cable of UART0", clock: clock.board, uart });
  uart.connect(link);
  lab.parts.push(link);
  const shell = new ShellSwitch(ubootShell());
  const console = openConsole({ name: "uart0", link, timeline, clock, shell });
  context.defer("close uart0", () => console.close());
  const { boot, faults } = watch(board, context, lab);
  const gpio = new Pins({
    ...{ board, clock, timeline, parts: lab.parts },
    onTouch: (channel, touch) => lab.past?.tell("pin", [channel, touch]),
  });
  if (options.look) lookAt(board, options.look, context);
  if (options.look?.signals) showSignals(options.look.signals, { board, gpio, clock, timeline });
  const snapshots = new Snapshots(board, lab);
  const serial = new SerialPorts(board, lab, timeline);
  context.defer("close UARTs", () => serial.close());
  const power = powerOf({
    ...{ board, boot },
    cutCables: () => [link, serial].forEach((cable) => cable.cut()),
    onSwitch: (how) => lab.past?.tell("power", how),
  });
  const powered = () => board.powered;
  const strategy = new Strategy({ console, shell, power, powered, clock, timeline });
  const plug = (cable: "in" | "out") => {
    lab.past?.tell("plug", cable);
    return cable === "in" ? port.plug() : port.unplug();
  };
  clock.past = lab.past = pastOf({
    ...{ board, lab, link, serial, gpio, plug, strategy },
  });
  return {
    clock,
    power: strategy.power,
    console: console as Console,
    serial: (n) => serial.port(n),
    uboot: strategy.uboot,
    toUboot: (options) => strategy.toUboot(options),
    toOs: (options) => strategy.toOs(options),
    off: () => strategy.off(),
    ...{ gpio, boot, faults, emmc, sd },
    get instructions() {
      return board.cpu.instructions;
    },
    snapshot: () => Promise.resolve(snapshots.take()),
    restore: (snapshot) => Promise.resolve(snapshots.restore(snapshot)),
    fingerprint: () => fingerprint(board.snapshot()),
    plug: (cable) => Promise.resolve(plug(cable)),
    memory: (address, length) => Promise.resolve(board.soc.memory.bytes(address, length)),
  };
}

function watch(board: Board, { timeline }: TargetContext, { clock }: Lab) {
  const boot = timeline.signal<BootData>("board", {
    clock,
    describe: (kind, { note }) => `board: ${note ?? kind}`,
  });
  const faults = timeline.signal<FaultData>("faults", {
    clock,
    describe: (_, { pc, symbol, what }) =>
      `fault at 0x${pc.toString(16)}${symbol ? ` (${symbol})` : ""}: ${what}`,
  });
  board.onNote = ({ device, text }) => {
    boot.emit("rom", { note: `${device}: ${text}` });
    board.clock.requestStop();
  };
  board.onReset = (reason) => void boot.emit("reset", { note: `reset: ${reason}` });
  board.onFault = ({ pc, symbol, what }) => {
    faults.emit("fault", { pc, ...(symbol !== undefined && { symbol }), what });
    board.clock.requestStop();
  };
  timeline.diagnose("board", () => describe(board));
  return { boot, faults };
}

/** Where it is, for the message of a failure. */
function describe({ cpu, powered }: Board): string {
  if (!powered) return "its power is off";
  const names = Array.from({ length: 13 }, (_, n) => `r${n}`).concat("sp", "lr", "pc");
  const registers = names.map((name, n) => `${name}=${cpu.register(n).toString(16)}`);
  return `${cpu.instructions.toLocaleString("en")} instructions\n${registers.join(" ")}`;
}

interface PowerOptions {
  readonly board: Board;
  cutCables(): void;
  readonly boot: { emit(kind: string, data: BootData): unknown };
  onSwitch(how: keyof Power): void;
}

function powerOf({ board, cutCables, boot, onSwitch }: PowerOptions): Power {
  const cut = () => {
    if (!board.powered) return;
    cutCables();
    board.powerCut();
    boot.emit("off", {});
  };
  const switched = (how: keyof Power, act: () => void) => () => {
    onSwitch(how);
    return Promise.resolve(act());
  };
  return {
    on: switched("on", () => {
      if (!board.powered) boot.emit("on", {});
      board.powerOn();
    }),
    off: switched("off", cut),
    cut: switched("cut", cut),
    reset: switched("reset", () => board.reset()),
  };
}

interface Taken extends BoardSnapshot {
  readonly board: BoardState;
  /** Cables, network, fingers on buttons. */
  readonly lab: PartStates;
}

class Snapshots {
  constructor(private readonly board: Board, private readonly lab: Lab) {}

  take(): Taken {
    const { parts, clock } = this.lab;
    return { t: clock.now(), board: this.board.snapshot(), lab: saveParts(parts) };
  }

  restore(snapshot: BoardSnapshot): void {
    const { board, lab } = snapshot as Taken;
    this.lab.clock.goBackTo(board.t);
    this.board.restore(board);
    loadParts(this.lab.parts.filter(({ name }) => name in lab), lab);
    this.lab.past?.changed();
  }
}
