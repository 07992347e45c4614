/** UART1 to UART5 of the simulated board, each with a cable when a scenario asks for it. */
import type { SerialPort } from "hil";
import { RawSerial } from "hil/drivers/console/mod.ts";
import type { Timeline } from "hil/trace/mod.ts";
import type { Board } from "../board.ts";
import { UARTS } from "../capabilities.ts";
import type { Lab } from "../lab.ts";
import { SerialLink } from "../serial_link.ts";

export class SerialPorts {
  readonly #ports = new Map<number, { readonly port: RawSerial; readonly link: SerialLink }>();

  /** Told what comes in by UART `n`. */
  onTell: ((n: number, told: readonly number[]) => void) | undefined;

  constructor(
    private readonly board: Board,
    private readonly lab: Lab,
    private readonly timeline: Timeline,
  ) {}

  /** @throws RangeError when there is none */
  port(n: number): SerialPort {
    if (!UARTS.some((uart) => uart === n)) {
      throw new RangeError(`Cannot use UART "${n}": the board has 1 to 5 beside the console's`);
    }
    const known = this.#ports.get(n);
    if (known) return known.port;
    const { clock, parts } = this.lab;
    const uart = this.board.soc.uarts[n]!;
    const link = new SerialLink({ name: `cable of UART${n}`, clock: clock.board, uart });
    uart.connect(link);
    link.onTell = (told) => this.onTell?.(n, told);
    parts.push(link);
    const { timeline } = this;
    const port = new RawSerial({ name: `uart${n}`, link, controls: link, clock, timeline });
    this.#ports.set(n, { port, link });
    return port;
  }

  /** As it came in once. */
  tell(n: number, told: readonly number[]): void {
    this.port(n);
    this.#ports.get(n)!.link.tell(told);
  }

  /** The board's power is gone. */
  cut(): void {
    for (const { link } of this.#ports.values()) link.cut();
  }

  async close(): Promise<void> {
    for (const { port } of this.#ports.values()) await port.close();
  }
}
