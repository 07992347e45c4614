/** What comes in to the simulated board from outside, by name: told as it comes, and given again. */
import type { Power } from "hil";
import type { Data } from "hil/time/mod.ts";
import type { Board } from "../board.ts";
import type { Lab } from "../lab.ts";
import { BoardPast } from "../past.ts";
import type { SerialLink } from "../serial_link.ts";
import type { Pins, Touch } from "./pins.ts";
import type { SerialPorts } from "./serial_ports.ts";
import type { Strategy } from "./strategy.ts";

interface Ways {
  readonly board: Board;
  readonly lab: Lab;
  /** The cable of the console. */
  readonly link: SerialLink;
  readonly serial: SerialPorts;
  readonly gpio: Pins;
  plug(cable: "in" | "out"): void;
  readonly strategy: Strategy;
}

const UART = /^cable of UART(\d)$/;
const PIN = /^scenario on (.+)$/;

export function pastOf(ways: Ways): BoardPast {
  const { board, lab, link, serial, gpio, plug, strategy } = ways;
  const take: Readonly<Record<string, (value: never) => void>> = {
    uart0: (told: readonly number[]) => link.tell(told),
    uart: ([n, told]: readonly [number, readonly number[]]) => serial.tell(n, told),
    pin: ([channel, touch]: readonly [string, Touch]) => gpio.touch(channel, touch),
    power: (how: keyof Power) => void strategy.power[how](),
    plug: (cable: "in" | "out") => plug(cable),
  };
  const past = new BoardPast({
    ...{ board, lab },
    others: [{
      name: "shell of uart0",
      version: 1,
      save: () => strategy.at,
      load: (at) => void (strategy.at = at as "uboot" | "os"),
    }],
    make: (part) => {
      const [, uart] = part.match(UART) ?? [];
      const [, pin] = part.match(PIN) ?? [];
      if (uart !== undefined) serial.port(Number(uart));
      else if (pin !== undefined) gpio.input(pin.replace(" ", ""));
    },
    way: (name) => Object.hasOwn(take, name) ? take[name] as (value: Data) => void : undefined,
  });
  link.onTell = (told) => past.tell("uart0", told);
  serial.onTell = (n, told) => past.tell("uart", [n, told]);
  for (const card of [board.emmc, board.sd]) if (card) card.storage.onWrite = () => past.changed();
  return past;
}
