/** The ban daemon as a process: captures, guard, filter, control and reports joined on the host's clock. */
import { randomSeed } from "hil/time/chance.ts";
import { every, ms, seconds, wallClock, withLimit } from "hil/time/mod.ts";
import { type Config, engineSettings } from "../config/mod.ts";
import type { Settings } from "../core/mod.ts";
import { type Filter, MemoryFilter, openFilter } from "../filter/mod.ts";
import { Guard, type InForce } from "../guard/mod.ts";
import { Store } from "../state/mod.ts";
import { ControlServer, type Request } from "./control.ts";
import { figures } from "./figures.ts";
import { Listener } from "./listener.ts";
import { exposition, Histogram, serveMetrics } from "./metrics.ts";
import { ownAddresses } from "./own_addresses.ts";
import { Reports } from "./reports.ts";
import { warmUp } from "./warm_up.ts";

/** How often ends of bans are looked for, and how often filter, state and addresses are looked after. */
const TICK = ms(50);
const CHECK = seconds(5);
const LAST_WORDS = seconds(3);

export class Daemon {
  readonly latency = new Histogram();
  readonly decisions: Record<InForce["type"], number> = { ban: 0, unban: 0, limit: 0, alert: 0 };
  readonly started = wallClock();
  /** Of the tables' hashes: nobody outside may know it. */
  readonly #seed = randomSeed();
  #config: Config;
  #own: readonly string[];
  #reports: Reports;
  #filter!: Filter;
  #guard!: Guard;
  #store!: Store;
  #listeners: Listener[] = [];
  readonly #undo: (() => void | Promise<void>)[] = [];
  readonly #timers: (() => void)[] = [];

  private constructor(config: Config) {
    this.#config = config;
    this.#own = this.#ownNow();
    this.#reports = this.#makeReports();
  }

  /**
   * Listens and bans when it resolves.
   *
   * @throws errors that say what to do: no permission, no such program, a second daemon
   */
  static async start(config: Config): Promise<Daemon> {
    const daemon = new Daemon(config);
    try {
      await daemon.#start();
      return daemon;
    } catch (error) {
      await daemon.#end();
      throw error;
    }
  }

  get guard(): Guard {
    return this.#guard;
  }

  get listeners(): readonly Listener[] {
    return this.#listeners;
  }

  get filter(): Filter {
    return this.#filter;
  }

  get reports(): Reports {
    return this.#reports;
  }

  /** What may be set in operation is set; interfaces, filter, state and sockets stay as they are. */
  async reload(config: Config): Promise<void> {
    const { interface: names, ports, backend, table, state, control, metrics } = this.#config;
    const fixed = { interface: names, ports, backend, table, state, control, metrics };
    this.#config = { ...config, ...fixed, "dry-run": this.#config["dry-run"] };
    this.#own = this.#ownNow();
    this.#reports = this.#makeReports();
    await this.#guard.reload(this.#settings(), this.#config.proxies);
    this.#note("reload", "the configuration was read again");
  }

  /** Ends all; bans stay in force or go, as the configuration says. */
  async stop(): Promise<void> {
    this.#note("stop", this.#config["keep-bans"] ? "bans stay in force" : "bans are removed");
    await this.#end();
  }

  async #start(): Promise<void> {
    const config = this.#config;
    // First: a second daemon must touch nothing.
    const control = await ControlServer.listen(config.control, (request) => this.#answer(request));
    this.#undo.push(() => control.close());
    this.#store = new Store({ path: config.state, report: (text) => this.#note("problem", text) });
    this.#undo.push(() => this.#store.close());
    this.#filter = await this.#openFilter();
    this.#undo.push(() => this.#leaveFilter());
    this.#guard = new Guard({
      settings: this.#settings(),
      proxies: config.proxies,
      filter: this.#filter,
      store: this.#store,
      now: () => this.#now(),
      decided: (decision) => this.#decided(decision),
      problem: (text) => this.#note("problem", text),
    });
    await this.#guard.start();
    warmUp();
    this.#listen();
    this.#serve();
    this.#timers.push(
      every(TICK, () => this.#guard.tick()),
      every(CHECK, () => void this.#look()),
    );
    const { problems } = this.#guard;
    const heard = this.#listeners.map((one) =>
      `${one.interface}${one.problem ? " (not yet)" : ""}`
    );
    const own = this.#own.join(" ") || "none";
    const text = `listening on ${heard.join(" ")}, own addresses ${own}, ` +
      `${this.#guard.list().length} bans in force${problems.length ? `; ${problems}` : ""}`;
    this.#note("start", text);
  }

  #listen(): void {
    const { interface: names, ports, "buffer-mib": mib } = this.#config;
    for (const name of names) {
      const listener = new Listener({
        interface: name,
        ports,
        gather: ms(this.#config["gather-time"] * 1000),
        bufferBytes: mib * 2 ** 20,
        see: (packet) => this.#guard.see(packet),
        problem: (text) => this.#note("problem", text),
      });
      listener.open();
      this.#listeners.push(listener);
      this.#undo.push(() => listener.close());
    }
  }

  #serve(): void {
    const { metrics } = this.#config;
    if (metrics === "off") return;
    const server = serveMetrics(metrics, async () => exposition(await figures(this)));
    this.#undo.push(() => server.shutdown());
  }

  async #end(): Promise<void> {
    for (const cancel of this.#timers) cancel();
    for (const undo of this.#undo.toReversed()) {
      try {
        await undo();
      } catch (error) {
        this.#note("problem", (error as Error).message);
      }
    }
    // Who does not listen to webhooks does not keep it from ending.
    await withLimit(this.#reports.idle(), LAST_WORDS, () => {});
  }

  #openFilter(): Promise<Filter> {
    const { backend, table: name, ports, "limit-rate": packetsPerSecond } = this.#config;
    if (this.#config["dry-run"]) return Promise.resolve(new MemoryFilter());
    return openFilter(backend, { name, ports, packetsPerSecond });
  }

  async #leaveFilter(): Promise<void> {
    await this.#guard?.idle();
    if (!this.#config["keep-bans"]) await this.#filter.remove();
    await this.#filter.close();
  }

  async #look(): Promise<void> {
    try {
      await this.#check();
    } catch (error) {
      this.#note("problem", (error as Error).message);
    }
  }

  async #check(): Promise<void> {
    await this.#guard.check();
    const own = this.#ownNow();
    if (own.join() === this.#own.join()) return;
    this.#own = own;
    this.#note("addresses", `own addresses are now ${own.join(" ")}`);
    await this.#guard.reload(this.#settings(), this.#config.proxies);
  }

  async #answer(request: Request): Promise<unknown> {
    const { guard } = this;
    if (!guard) throw new Error("Cannot answer yet: the daemon is starting; ask again");
    switch (request.command) {
      case "list":
        return guard.list();
      case "ban":
        return await guard.ban(request.target, request.seconds);
      case "unban":
        return await guard.unban(request.target);
      case "status":
        return await this.#status();
    }
  }

  async #status() {
    const { counts } = this.#guard.watcher;
    return {
      pid: Deno.pid,
      started: this.started.toISOString(),
      backend: this.#config["dry-run"] ? "none (dry run)" : this.#config.backend,
      own: this.#own,
      interfaces: Object.fromEntries(
        this.#listeners.map((one) => [one.interface, { ...one.counts, problem: one.problem }]),
      ),
      ...counts,
      decisions: this.decisions,
      sizes: this.#guard.sizes,
      droppedByFilter: await this.#filter.dropped().catch(() => undefined),
      problems: this.#guard.problems,
    };
  }

  #settings(): Partial<Settings> {
    return { ...engineSettings(this.#config, this.#own), seed: this.#seed };
  }

  #decided(decision: InForce): void {
    this.decisions[decision.type]++;
    if (decision.type !== "alert") {
      this.latency.add(Math.max(0, decision.inForceNs - decision.t) / 1e9);
    }
    this.#reports.tell(decision);
  }

  #makeReports(): Reports {
    return new Reports({
      webhooks: this.#config.webhook,
      webhookTimeoutS: this.#config["webhook-timeout"],
      command: this.#config.command,
      commandTimeoutS: this.#config["command-timeout"],
      problem: (text) => this.#note("problem", text),
    });
  }

  #ownNow(): readonly string[] {
    const { own, interface: names } = this.#config;
    return own.length > 0 ? own : ownAddresses(names);
  }

  #now(): number {
    for (const listener of this.#listeners) {
      const now = listener.now();
      if (now !== undefined) return now;
    }
    return wallClock().getTime() * 1e6;
  }

  #note(event: string, text: string): void {
    this.#reports.note(event, text, wallClock().toISOString());
  }
}
