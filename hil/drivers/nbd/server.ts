/** The NBD server: a Unix socket, a session for each client, a drive for each export. */
import { type DriveOptions, NbdDrive, type NbdTraffic } from "./drive.ts";
import { NbdSession, type SessionStep } from "./session.ts";

export interface NbdServerOptions {
  /** Of the Unix socket, shorter than 108 bytes. */
  readonly path: string;
  /** At least one; the first is the default export. */
  readonly drives: readonly DriveOptions[];
  /** Told of every request as it arrives and when it is done, before the client is. */
  readonly observe?: (event: NbdTraffic) => void;
  /** Told why a conversation ended that a client broke. */
  readonly onBreach?: (reason: string) => void;
}

interface Client {
  readonly conn: Deno.Conn;
  readonly session: NbdSession;
  drive?: NbdDrive;
  /** The last write; the next waits for it. */
  written: Promise<void>;
}

export class NbdServer {
  readonly drives: readonly NbdDrive[];
  readonly #listener: Deno.Listener;
  readonly #clients = new Set<Client>();
  readonly #served = new Set<Promise<void>>();
  readonly #accepting: Promise<void>;
  #closed = false;

  /** Listens at once. */
  constructor(private readonly options: NbdServerOptions) {
    const observe = options.observe ?? (() => {});
    this.drives = options.drives.map((drive) => new NbdDrive(drive, observe));
    this.#listener = Deno.listen({ transport: "unix", path: options.path });
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

  /** Ends every conversation; held requests get no answer. Stores are closed too. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#listener.close();
    for (const client of this.#clients) this.#drop(client);
    await this.#accepting;
    await Promise.all(this.#served);
    for (const drive of this.drives) await drive.store.close();
    await Deno.remove(this.path).catch(() => {}); // The folder may be gone before us.
  }

  async #accept(): Promise<void> {
    for (;;) {
      let conn: Deno.Conn;
      try {
        conn = await this.#listener.accept();
      } catch {
        return; // Closed.
      }
      const serving = this.#serve(conn);
      this.#served.add(serving);
      serving.finally(() => this.#served.delete(serving));
    }
  }

  async #serve(conn: Deno.Conn): Promise<void> {
    const session = new NbdSession(this.drives);
    const client: Client = { conn, session, written: Promise.resolve() };
    this.#clients.add(client);
    this.#send(client, session.greeting());
    const buffer = new Uint8Array(256 << 10);
    try {
      for (;;) {
        const size = await conn.read(buffer);
        if (size === null) break;
        if (!this.#follow(client, session.receive(buffer.subarray(0, size)))) break;
      }
    } catch { /* Reset by the client, or closed here. */ }
    await client.written;
    this.#drop(client);
  }

  /** Does what the session asks for; false when the conversation is over. */
  #follow(client: Client, steps: readonly SessionStep[]): boolean {
    for (const step of steps) {
      if (step.type === "send") this.#send(client, step.bytes);
      else if (step.type === "open") client.drive = this.drive(step.export.name);
      else if (step.type === "request") {
        client.drive!.submit(step.request, client).then((answer) => {
          if (!answer) return;
          this.#send(client, client.session.reply(step.request, answer.error, answer.data));
        });
      } else {
        if (step.reason) this.options.onBreach?.(step.reason);
        return false;
      }
    }
    return true;
  }

  #send(client: Client, bytes: Uint8Array): void {
    client.written = client.written.then(async () => {
      for (let at = 0; at < bytes.length;) at += await client.conn.write(bytes.subarray(at));
    }).catch(() => {}); // The client is gone; its read says so.
  }

  #drop(client: Client): void {
    if (!this.#clients.delete(client)) return;
    client.conn.close();
    client.drive?.forget(client);
  }
}
