/** Pins and buses of the simulated board as signals of the trace, when a scenario asks for them. */
import type { Gpio } from "hil";
import type { Json, SignalSource, Timeline } from "hil/trace/mod.ts";
import type { Board } from "../board.ts";
import type { BoardClock } from "../board_clock.ts";

interface Shown {
  readonly board: Board;
  readonly gpio: Gpio;
  readonly clock: BoardClock;
  readonly timeline: Timeline;
}

type Emit = SignalSource<Json>["emit"];

/** By name: connects what passes on a bus to its signal. */
const BUSES: Readonly<Record<string, (board: Board, emit: Emit, shown: Shown) => void>> = {
  SPI1: showSpi1,
  ...Object.fromEntries([0, 1, 2].map((n) => [
    `I2C${n}`,
    ({ soc }: Board, emit: Emit) => {
      soc.i2c[n]!.onBus = ({ kind, ...data }) => void emit(kind, data);
    },
  ])),
  ...Object.fromEntries([0, 1].map((n) => [
    `MMC${n}`,
    ({ soc }: Board, emit: Emit) => showMmc(soc.mmc[n]!, emit),
  ])),
};

/** @throws RangeError when a name is no pin and no bus */
export function showSignals(names: readonly string[], shown: Shown): void {
  for (const name of new Set(names)) {
    const bus = Object.hasOwn(BUSES, name) ? BUSES[name] : undefined;
    if (bus) {
      const { emit } = shown.timeline.signal<Json>(name, { clock: shown.clock });
      bus(shown.board, emit, shown);
    } else shown.gpio.output(name);
  }
}

function showSpi1(board: Board, emit: Emit, { timeline, clock }: Shown): void {
  board.spi1.onTransfer = (word) => void emit("word", { ...word });
  for (const select of board.spi1Selects) {
    const signal = timeline.signal<{ level: 0 | 1 }>(select.name, { clock });
    select.listen((level) => void signal.emit(level === 1 ? "rise" : "fall", { level }));
  }
}

function showMmc(mmc: Board["soc"]["mmc"][number], emit: Emit): void {
  mmc.onTransfer = (trace) => {
    if (trace.kind === "block") {
      const { write, lba, fault } = trace;
      emit(write ? "write" : "read", { lba: lba ?? null, ...(fault && { fault: `${fault}` }) });
    } else {
      const { index, argument, response, auto, errors } = trace;
      emit(`CMD${index}`, { argument, response, auto, errors });
    }
  };
}
