/** The NBD server: a Unix socket, a session for each client, a drive for each export. */
import { listenUnix, removeSocket } from "../unix_socket.ts";
import { type DriveOptions, NbdDrive, type NbdTraffic } from "./drive.ts";
import { Outbox } from "./outbox.ts";
import type { Answered } from "./playback.ts";
import { NbdSession, type SessionStep } from "./session.ts";

export interface NbdServerOptions {
  /** Of the Unix socket, shorter than 108 bytes. */
  readonly path: string;
  /** At least one; the first is the default export. */
  readonly drives: readonly DriveOptions[];
  /** Told of every request as it arrives and when it is done, before the client is. */
  readonly observe?: (event: NbdTraffic) => void;
  /** Told of every answer before it goes out. */
  readonly onAnswer?: (drive: string, answered: Answered) => void;
  /** Told why a conversation ended that a client broke. */
  readonly onBreach?: (reason: string) => void;
}

interface Client {
  readonly conn: Deno.Conn;
  readonly session: NbdSession;
  readonly outbox: Outbox;
  drive?: NbdDrive;
}

const READ_SIZE = 256 << 10;

export class NbdServer {
  readonly drives: readonly NbdDrive[];
  readonly #listener: Deno.Listener;
  readonly #clients = new Set<Client>();
  readonly #served = new Set<Promise<void>>();
  readonly #accepting: Promise<void>;
  #closed = false;

  /**
   * Listens at once.
   *
   * @throws TypeError when there are no drives, or two of one name
   */
  constructor(private readonly options: NbdServerOptions) {
    checkNames(options.drives);
    const observe = options.observe ?? (() => {});
    this.drives = options.drives.map((drive) => new NbdDrive(drive, observe));
    this.#listener = listenUnix(options.path);
    this.#accepting = this.#accept();
  }

  get path(): string {
    return this.options.path;
  }

  /** @throws TypeError when there is no drive of that name */
  drive(name: string): NbdDrive {
    const found = this.drives.find((drive) => drive.name === name);
    if (found) return found;
    const names = this.drives.map((drive) => drive.name).join(", ");
    throw new TypeError(`Cannot find the drive "${name}": there are ${names}; name one of them`);
  }

  /** Ends every conversation that there is, at once; what clients have asked for is not done. */
  disconnect(): void {
    for (const client of this.#clients) this.#drop(client);
  }

  /** Ends every conversation; held requests get no answer. Stores are closed too. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#listener.close();
    this.disconnect();
    await this.#accepting;
    await Promise.all(this.#served);
    for (const drive of this.drives) await drive.store.close();
    removeSocket(this.path);
  }

  async #accept(): Promise<void> {
    for (;;) {
      let conn: Deno.Conn;
      try {
        conn = await this.#listener.accept();
      } catch {
        return; // Closed.
      }
      if (this.#closed) return conn.close();
      const serving = this.#serve(conn);
      this.#served.add(serving);
      serving.finally(() => this.#served.delete(serving));
    }
  }

  async #serve(conn: Deno.Conn): Promise<void> {
    const session = new NbdSession(this.drives);
    const client: Client = { conn, session, outbox: new Outbox(conn) };
    this.#clients.add(client);
    client.outbox.send(session.greeting());
    const buffer = new Uint8Array(READ_SIZE);
    try {
      for (;;) {
        const size = await conn.read(buffer);
        if (size === null) break;
        if (!this.#follow(client, session.receive(buffer.subarray(0, size)))) break;
        await client.outbox.hasRoom(); // A client that reads no answers is heard no more.
      }
    } catch { /* Reset by the client, or closed here. */ }
    await client.outbox.empty();
    this.#drop(client);
  }

  /** Does what the session asks for; false when the conversation is over. */
  #follow(client: Client, steps: readonly SessionStep[]): boolean {
    for (const step of steps) {
      if (step.type === "send") client.outbox.send(step.bytes);
      else if (step.type === "open") client.drive = this.drive(step.export.name);
      else if (step.type === "request") {
        client.drive!.submit(step.request, client).then((answer) => {
          if (!answer) return;
          const { operation, lba, blocks } = step.request;
          this.options.onAnswer?.(client.drive!.name, { operation, lba, blocks, ...answer });
          client.outbox.send(client.session.reply(step.request, answer.error, answer.data));
        });
      } else {
        if (step.reason) this.options.onBreach?.(step.reason);
        return false;
      }
    }
    return true;
  }

  #drop(client: Client): void {
    if (!this.#clients.delete(client)) return;
    client.conn.close();
    client.drive?.forget(client);
  }
}

function checkNames(drives: readonly DriveOptions[]): void {
  const names = drives.map(({ name }) => name);
  if (names.length > 0 && new Set(names).size === names.length) return;
  throw new TypeError(
    `Cannot serve the drives "${names.join(", ")}": a server has at least one, and each has a ` +
      `name of its own; name them apart`,
  );
}
