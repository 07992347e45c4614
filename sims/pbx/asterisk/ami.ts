/** A client of the Asterisk Manager Interface: events as they come, and actions. */
import { AmiError, type AmiMessage, AmiReader, formatAction } from "./ami_message.ts";
import type { AmiAccount } from "./config.ts";

export interface AmiOptions {
  readonly account: Pick<AmiAccount, "user" | "secret">;
  readonly onEvent: (event: AmiMessage) => void;
}

export class Ami {
  readonly #waiting = new Map<string, PromiseWithResolvers<AmiMessage>>();
  readonly #reader = new AmiReader();
  readonly #closed = Promise.withResolvers<void>();
  #actions = 0;
  #over: AmiError | undefined;

  private constructor(private readonly conn: Deno.Conn, private readonly options: AmiOptions) {
    this.#read();
  }

  /**
   * Logs in. The connection is the client's from now on.
   *
   * @throws AmiError when Asterisk refuses
   */
  static async login(conn: Deno.Conn, options: AmiOptions): Promise<Ami> {
    const ami = new Ami(conn, options);
    const { user, secret } = options.account;
    try {
      await ami.action("Login", { Username: user, Secret: secret });
    } catch (error) {
      ami.close();
      throw error;
    }
    return ami;
  }

  /** Resolves when the connection has ended, by either side. */
  get closed(): Promise<void> {
    return this.#closed.promise;
  }

  /** @throws AmiError when Asterisk refuses, or the connection ends first */
  async action(name: string, fields: Readonly<Record<string, string>> = {}): Promise<AmiMessage> {
    if (this.#over) throw this.#over;
    const id = `hil-${++this.#actions}`;
    const waiting = Promise.withResolvers<AmiMessage>();
    this.#waiting.set(id, waiting);
    const bytes = formatAction(name, { ActionID: id, ...fields });
    try {
      for (let sent = 0; sent < bytes.length;) sent += await this.conn.write(bytes.subarray(sent));
    } catch {
      this.close();
    }
    const answer = await waiting.promise;
    if (answer.get("Response") !== "Error") return answer;
    const said = answer.get("Message") ?? "no reason";
    throw new AmiError(`Cannot do "${name}": Asterisk says "${said}"; look into manager.conf`);
  }

  close(): void {
    if (this.#over) return;
    this.#end("the connection to the manager is closed");
    try {
      this.conn.close();
    } catch { /* Asterisk has ended it. */ }
  }

  async #read(): Promise<void> {
    let why = "Asterisk has closed the connection";
    try {
      for await (const bytes of this.conn.readable) {
        for (const message of this.#reader.push(bytes)) this.#take(message);
      }
    } catch (error) {
      why = (error as Error).message;
    }
    this.#end(why);
  }

  #take(message: AmiMessage): void {
    if (message.get("Event") !== undefined) return this.options.onEvent(message);
    const id = message.get("ActionID") ?? "";
    this.#waiting.get(id)?.resolve(message);
    this.#waiting.delete(id);
  }

  #end(why: string): void {
    this.#over ??= new AmiError(`Cannot ask the manager: ${why}; start Asterisk again`);
    for (const waiting of this.#waiting.values()) waiting.reject(this.#over);
    this.#waiting.clear();
    this.#closed.resolve();
  }
}
