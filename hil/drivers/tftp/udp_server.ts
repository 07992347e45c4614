/** The TFTP server on UDP sockets of the host, in real time: what a board on a bench loads from. */
import { createSocket, type Socket } from "node:dgram";
import { alarm, Duration, hostNow } from "../../time/mod.ts";
import type { TftpRoot } from "./root.ts";
import { TFTP_PORT, type TftpEvent, TftpServer, type TftpTransport } from "./server.ts";

export interface UdpTftpOptions {
  readonly root: TftpRoot;
  /** Which of the host's addresses; default: all. */
  readonly address?: string;
  /** Default: 69, for which one has to be root. 0: one that is free. */
  readonly port?: number;
  readonly onEvent?: (event: TftpEvent) => void;
}

/**
 * @example
 * ```ts
 * import { MemoryRoot } from "./root.ts";
 * import { UdpTftpServer } from "./udp_server.ts";
 *
 * const root = new MemoryRoot({ "os.bin": new Uint8Array(9) });
 * const server = await UdpTftpServer.listen({ root, address: "127.0.0.1", port: 0 });
 * console.log(server.port); // curl tftp://127.0.0.1:PORT/os.bin
 * await server.close();
 * ```
 */
export class UdpTftpServer implements AsyncDisposable {
  readonly #server: TftpServer;
  readonly #listener: Socket;
  /** One for each transfer, by the number that the engine knows it by. */
  readonly #sockets = new Map<number, Socket>();
  readonly #address: string | undefined;
  #opened = TFTP_PORT;
  #cancelAlarm = () => {};

  private constructor(listener: Socket, { root, address, onEvent }: UdpTftpOptions) {
    this.#listener = listener;
    this.#address = address;
    this.#server = new TftpServer({
      root,
      transport: this.#transport(),
      ...onEvent && { onEvent },
    });
    this.#hear(listener, TFTP_PORT);
  }

  /** @throws Error when the port is not to be had */
  static async listen(options: UdpTftpOptions): Promise<UdpTftpServer> {
    const { address, port = TFTP_PORT } = options;
    return new UdpTftpServer(await bound(port, address), options);
  }

  /** The UDP port that requests come to. */
  get port(): number {
    return this.#listener.address().port;
  }

  /** Transfers end without a word; clients repeat and give up. */
  async close(): Promise<void> {
    this.#cancelAlarm();
    const all = [this.#listener, ...this.#sockets.values()];
    this.#sockets.clear();
    await Promise.all(all.map((socket) => new Promise<void>((done) => socket.close(done))));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #transport(): TftpTransport {
    return {
      now: hostNow,
      openPort: () => this.#openPort(),
      closePort: (port) => this.#closePort(port),
      send: (packet, { to, port }) => this.#sockets.get(port)?.send(packet, to.port, to.address),
      wakeChanged: () => this.#setAlarm(),
    };
  }

  /** The engine's number is not the socket's port: that is known when it is bound, a moment later. */
  #openPort(): number {
    const number = ++this.#opened;
    const socket = createSocket("udp4");
    socket.bind(0, this.#address);
    this.#sockets.set(number, socket);
    this.#hear(socket, number);
    return number;
  }

  #closePort(number: number): void {
    const socket = this.#sockets.get(number);
    this.#sockets.delete(number);
    // What was sent last is on its way only after this turn.
    if (socket) alarm(Duration.fromNs(1e9), () => socket.close());
  }

  #hear(socket: Socket, port: number): void {
    socket.on("message", (packet: Uint8Array, { address, port: from }) => {
      this.#server.receive(packet, { from: { address, port: from }, port });
    });
    // The other side's host says that nobody listens there any more: the transfer will time out.
    socket.on("error", () => {});
  }

  #setAlarm(): void {
    this.#cancelAlarm();
    const next = this.#server.nextAt;
    if (next === undefined) return;
    const delay = Duration.fromNs(Math.max(next - hostNow(), 0));
    this.#cancelAlarm = alarm(delay, () => this.#server.wake());
  }
}

function bound(port: number, address: string | undefined): Promise<Socket> {
  const socket = createSocket("udp4");
  return new Promise((resolve, reject) => {
    socket.once("error", (cause: Error) => {
      socket.close();
      reject(
        new Error(
          `Cannot serve TFTP on port "${port}": ${cause.message}; be root, or choose a port ` +
            `above 1023 that is free`,
          { cause },
        ),
      );
    });
    socket.bind(port, address, () => resolve(socket));
  });
}
