/** The TFTP server of `hil/drivers/tftp` on a host of the virtual LAN, in virtual time. */
import {
  type Endpoint,
  TFTP_PORT,
  type TftpEvent,
  type TftpRoot,
  TftpServer,
} from "hil/drivers/tftp/mod.ts";
import type { Json } from "hil/trace/mod.ts";
import type { EngineTimer, Part, VirtualClock } from "sims/engine/mod.ts";
import type { Host } from "./host.ts";

export interface TftpServiceOptions {
  readonly clock: VirtualClock;
  readonly host: Host;
  readonly root: TftpRoot;
  readonly onEvent?: (event: TftpEvent) => void;
}

/** Dynamic ports (RFC 6335, section 6). */
const [FIRST_PORT, LAST_PORT] = [49152, 65535];

export class TftpService implements Part {
  readonly version = 1;
  readonly name: string;
  readonly server: TftpServer;
  readonly #host: Host;
  readonly #timer: EngineTimer;
  readonly #open = new Set<number>();
  #port = FIRST_PORT - 1;

  /** @throws RangeError when something on the host listens on port 69 already */
  constructor({ clock, host, root, onEvent }: TftpServiceOptions) {
    this.name = `${host.name} TFTP`;
    this.#host = host;
    this.#timer = clock.timer(this.name, () => this.server.wake());
    this.server = new TftpServer({
      root,
      ...(onEvent && { onEvent }),
      transport: {
        now: () => clock.now(),
        openPort: () => this.#openPort(),
        closePort: (port) => this.#closePort(port),
        send: (packet, { to, port }) => host.sendUdp(packet, { to, port }),
        wakeChanged: () => this.settle(),
      },
    });
    this.#listen(TFTP_PORT);
  }

  #openPort(): number {
    do this.#port = this.#port === LAST_PORT ? FIRST_PORT : this.#port + 1; while (
      this.#open.has(this.#port)
    );
    this.#open.add(this.#port);
    this.#listen(this.#port);
    return this.#port;
  }

  #closePort(port: number): void {
    this.#open.delete(port);
    this.#host.unlisten(port);
  }

  #listen(port: number): void {
    this.#host.listen(port, ({ data, from, to }) => {
      const client: Endpoint = from;
      this.server.receive(data, { from: client, port: to.port });
    });
  }

  settle(): void {
    const next = this.server.nextAt;
    if (next === undefined) this.#timer.cancel();
    else this.#timer.set(next);
  }

  save(): Json {
    return { port: this.#port, open: [...this.#open], server: this.server.save() };
  }

  load(state: Json): void {
    const saved = state as { port: number; open: number[]; server: Json };
    this.#port = saved.port;
    for (const port of [...this.#open]) this.#closePort(port);
    for (const port of saved.open) {
      this.#open.add(port);
      this.#listen(port);
    }
    this.server.load(saved.server);
  }
}
