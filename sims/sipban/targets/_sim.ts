/**
 * The guard beside a simulated PBX: what is sent is seen, what is banned does not arrive. Or beside a
 * capture, in which all that came has come.
 */
import type { CapturedPacket } from "hil/drivers/pcap/mod.ts";
import type { SignalSource } from "hil/trace/mod.ts";
import type { CapturedPbxLab, SimulatedPbxLab } from "sims/pbx/mod.ts";
import { parseMessage, type Sent, SipSyntaxError } from "sims/sip/mod.ts";
import { type Config, engineSettings } from "../config/mod.ts";
import { type Decision, factsOf } from "../core/mod.ts";
import { exposition, figures, Histogram, reportOf } from "../daemon/mod.ts";
import { MemoryFilter } from "../filter/mod.ts";
import { Guard, type InForce, type ListedBan } from "../guard/mod.ts";
import type { DecisionData, SipBan } from "../port.ts";
import { Store } from "../state/mod.ts";

export interface SimSipBanOptions {
  readonly lab: SimulatedPbxLab | CapturedPbxLab;
  readonly config: Config;
  readonly decisions: SignalSource<DecisionData>;
}

export class SimSipBan implements SipBan {
  readonly decisions: SignalSource<DecisionData>;
  readonly latency = new Histogram();
  readonly counts: Record<Decision["type"], number> = { ban: 0, unban: 0, limit: 0, alert: 0 };
  readonly #filter: MemoryFilter;
  readonly #alarm;
  readonly #problems: string[] = [];
  #running: { readonly guard: Guard; readonly store: Store } | undefined;

  constructor(private readonly options: SimSipBanOptions) {
    const { lab, config, decisions } = options;
    this.decisions = decisions;
    this.#filter = new MemoryFilter(() => lab.clock.now());
    this.#alarm = lab.clock.timer("sipban", () => this.#tick());
    if (lab.type === "capture") {
      lab.tap((packet) => this.#seePacket(packet));
      return;
    }
    lab.network.tap((sent) => this.#see(sent));
    if (!config["dry-run"]) lab.filter.blocked = (address) => this.#filter.blocks(address);
  }

  async start(): Promise<void> {
    const { lab, config } = this.options;
    const problem = (text: string) => void this.#problems.push(text);
    const store = new Store({ path: config.state, report: problem });
    const guard = new Guard({
      settings: engineSettings(config, lab.addresses),
      proxies: config.proxies,
      filter: this.#filter,
      store,
      now: () => lab.clock.now(),
      decided: (decision) => this.#decided(decision),
      problem,
    });
    await guard.start();
    this.#running = { guard, store };
    this.#arm();
  }

  list(): Promise<ListedBan[]> {
    return Promise.resolve(this.#guard.list());
  }

  async ban(target: string, { seconds }: { readonly seconds?: number } = {}): Promise<void> {
    await this.#guard.ban(target, seconds);
    this.#arm();
  }

  async unban(target: string): Promise<void> {
    await this.#guard.unban(target);
    this.#arm();
  }

  async filtered(): Promise<string[]> {
    if (this.options.config["dry-run"]) return [];
    return (await this.#filter.list()).map(({ target }) => target);
  }

  problems(): Promise<string[]> {
    return Promise.resolve([...this.#guard.problems, ...this.#problems]);
  }

  async metrics(): Promise<Record<string, number>> {
    const families = await figures({
      guard: this.#guard,
      filter: this.#filter,
      decisions: this.counts,
      latency: this.latency,
      listeners: [],
      reports: { queues: {} },
    });
    return valuesOf(exposition(families));
  }

  async stop(): Promise<void> {
    if (!this.#running) return;
    await this.#guard.idle();
    if (!this.options.config["keep-bans"]) await this.#filter.remove();
    await this.kill();
  }

  kill(): Promise<void> {
    // Closing writes nothing that is not written already.
    this.#running?.store.close();
    this.#running = undefined;
    this.#alarm.cancel();
    return Promise.resolve();
  }

  get #guard(): Guard {
    if (this.#running) return this.#running.guard;
    throw new Error("Cannot ask sipban: it does not run; start it first");
  }

  #see({ t, protocol, from, to, bytes }: Sent): void {
    // A capture has nothing of what is encrypted.
    if (!this.#running || protocol === "TLS" || protocol === "WSS") return;
    const sip = factsIn(bytes);
    if (!sip) return;
    this.#take(this.#guard.watcher.engine.see({ t, protocol, from, to, sip }));
    this.#arm();
  }

  #seePacket(packet: CapturedPacket): void {
    if (!this.#running) return;
    this.#take(this.#guard.watcher.see(packet));
    this.#arm();
  }

  #tick(): void {
    this.#guard.tick();
    this.options.lab.clock.requestTurn();
    this.#arm();
  }

  #take(decisions: readonly Decision[]): void {
    if (decisions.length === 0) return;
    this.#guard.take(decisions);
    // The filter is asked by promises: they go on before time does.
    this.options.lab.clock.requestTurn();
  }

  #arm(): void {
    const { clock } = this.options.lab;
    const due = this.#guard.nextNs();
    if (due === Infinity) this.#alarm.cancel();
    else this.#alarm.set(Math.max(clock.now(), Math.ceil(due)));
  }

  #decided(decision: InForce): void {
    this.counts[decision.type]++;
    this.latency.add(Math.max(0, decision.inForceNs - decision.t) / 1e9);
    const { time: _, event, until: __, ...data } = reportOf(decision);
    this.decisions.emit(event, data);
    this.options.lab.clock.requestStop();
  }
}

function factsIn(bytes: Uint8Array) {
  try {
    return factsOf(parseMessage(bytes));
  } catch (error) {
    if (error instanceof SipSyntaxError) return undefined;
    throw error;
  }
}

/** The values of a text for Prometheus, by name and labels. */
export function valuesOf(text: string): Record<string, number> {
  const lines = text.trim().split("\n").filter((line) => !line.startsWith("#"));
  return Object.fromEntries(lines.map((line) => {
    const at = line.lastIndexOf(" ");
    return [line.slice(0, at), Number(line.slice(at + 1))];
  }));
}
