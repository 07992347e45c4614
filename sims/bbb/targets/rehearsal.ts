/**
 * The target "rehearsal" of the role "board": what the target "serial" does, to the last byte, with a
 * simulated board in another process in place of the real one. Its serial port is a pseudo-terminal,
 * its power hangs on a relay of the loopback network, and its cards have whatever a scenario asks for.
 */
import { fileURLToPath } from "node:url";
import { defineTarget, type TargetContext } from "hil";
import { type Capability, GPIOS, MADE_CARDS, UARTS } from "../capabilities.ts";
import type { BeagleBone, BoardOptions } from "../port.ts";
import { rehearsalOf } from "../rehearsal/process.ts";
import { cardBlocksOf } from "./cards.ts";
import { boardHealth, HEALTH_LIMIT } from "./health.ts";
import { EXPANDER_PINS } from "./pin_names.ts";
import { prepareUboot } from "./prepare.ts";
import { startSerialBoard } from "./serial_board.ts";
import { serialWiring, uartNeed } from "./serial_options.ts";

interface Options extends BoardOptions {
  /** So many of the board's seconds in one on the wall, at most. Default: 1. */
  readonly speed?: number;
}

export default defineTarget<BeagleBone>({
  title: "simulated BeagleBone Black on a serial cable",
  // No "storage", though it works: what goes over the console takes a minute here.
  offers: [
    ...[...MADE_CARDS, "rom notes", "eeprom", "expander"] as const,
    ...[...UARTS.map(uartNeed), ...GPIOS],
  ],
  availability: () => ({ ok: true }),
  prepare: prepareUboot,
  start,
  health: boardHealth,
  healthLimit: HEALTH_LIMIT,
});

async function start(context: TargetContext): Promise<BeagleBone> {
  const { speed, ...options } = context.options as Options;
  const process = rehearsalOf(context);
  const needed = UARTS.filter((n) => options.needs?.includes(`uart ${n}`));
  const pins = pinsOf(options.needs ?? []);
  const sdBlocks = options.sd && await cardBlocksOf(options.sd);
  const ask = { options, uarts: [0, ...needed], pins, sdBlocks, speed };
  const { uarts, relay, box, mux } = await process.ask("board", ask);
  const wiring = serialWiring({
    serial: { path: uarts[0] },
    uarts: Object.fromEntries(needed.map((n) => [n, { path: uarts[n] }])),
    pins: {
      ...{ kind: "firmata", serial: { path: box } },
      map: Object.fromEntries(pins.map((pin, n) => [pin, n])),
    },
    ...(mux && {
      storage: {
        sd: {
          ...{ device: mux.device, toHost: switching(mux.url, "host") },
          toBoard: switching(mux.url, "board"),
        },
      },
    }),
    power: { kind: "web-relay", url: relay, offTimeMs: 0 },
  });
  const board = await startSerialBoard(context, wiring);
  process.onRom = (note) => void board.boot.emit("rom", { note });
  return board;
}

const SWITCH = fileURLToPath(new URL("../rehearsal/switch_mux.ts", import.meta.url));

/** The command that switches the card, as those for real ones do. */
function switching(url: string, where: "host" | "board"): string[] {
  const options = ["--quiet", "--no-prompt", "--no-check", "--allow-net=127.0.0.1"];
  return [Deno.execPath(), "run", ...options, SWITCH, `${url}/${where}`];
}

/** The pins that a box has to be wired to. */
function pinsOf(needs: readonly Capability[]): string[] {
  const gpios = needs.flatMap((need) => /^gpio (\d+)$/.exec(need)?.[1] ?? []);
  return [...new Set(gpios), ...needs.includes("expander") ? EXPANDER_PINS : []];
}
