/**
 * The ban daemon without its world: packets and commands come in, the filter and the state are kept
 * to what was decided. Runs on any clock; the daemon and the simulated target have the same one.
 */
import { BanEngine, type Decision, type Rule, type Settings } from "../core/mod.ts";
import { type Filter, targetOf } from "../filter/mod.ts";
import type { Store, StoredBan } from "../state/mod.ts";
import { Watcher } from "../watch/mod.ts";
import type { CapturedPacket } from "hil/drivers/pcap/mod.ts";
import { type Change, Enforcer } from "./enforcer.ts";
import { liesIn, NetworkBans } from "./networks.ts";

export interface GuardOptions {
  readonly settings: Partial<Settings>;
  readonly proxies?: readonly string[];
  readonly filter: Filter;
  readonly store: Store;
  /** Calendar time in nanoseconds, as packets have it. */
  readonly now: () => number;
  /** Told of each decision when it is in force; of alerts at once. */
  readonly decided: (decision: InForce) => void;
  readonly problem: (text: string) => void;
}

/** A decision, and when it was in force. */
export type InForce = Decision & { readonly inForceNs: number };

export interface ListedBan {
  readonly target: string;
  /** `undefined`: for ever. */
  readonly secondsLeft?: number;
  readonly level: number;
  readonly rule: string;
}

/** What a command asks that cannot be done: "it is on the allow list". */
export class Refusal extends Error {
  override readonly name = "Refusal";
}

/** What is limited has an end soon; beyond so many the oldest are let go. */
const MOST_LIMITS = 65_536;

export class Guard {
  readonly #enforcer: Enforcer;
  readonly #networks = new NetworkBans();
  readonly #limits = new Map<string, number>();
  #watcher: Watcher;
  #settings: Partial<Settings>;

  constructor(private readonly options: GuardOptions) {
    const { filter, now, problem, settings } = options;
    this.#settings = settings;
    this.#watcher = this.#makeWatcher(options.proxies);
    const wanted = () => this.#wanted();
    this.#enforcer = new Enforcer({ filter, now, problem, wanted });
  }

  get watcher(): Watcher {
    return this.#watcher;
  }

  /** Makes filter, state and engine agree: what an earlier run has banned goes on. */
  async start(): Promise<void> {
    const { filter, store, now } = this.options;
    const t = now();
    const inKernel = new Map((await filter.list()).map((entry) => [entry.target, entry.seconds]));
    this.#restore(store.bans, t);
    this.#adopt(inKernel, t);
    const wanted = new Map([...this.#wanted()].map((change) => [change.target, change]));
    for (const change of wanted.values()) {
      const { target, untilNs } = change;
      const left = untilNs === undefined ? undefined : (untilNs - t) / 1e9;
      const there = inKernel.get(target);
      const isRight = inKernel.has(target) && Math.abs((there ?? 0) - (left ?? 0)) < 2;
      if (!isRight) this.#enforcer.push(change);
    }
    for (const target of inKernel.keys()) {
      if (!wanted.has(target)) this.#enforcer.push({ to: "unban", target });
    }
    this.#settleStore(t);
    await this.#enforcer.idle();
  }

  /** Their bytes may be overwritten afterwards. */
  see(packet: CapturedPacket): void {
    const decisions = this.#watcher.see(packet);
    if (decisions.length > 0) this.take(decisions);
  }

  /** Does what is due: ends of bans and limits, challenges that nobody has answered. */
  tick(): void {
    const t = this.options.now();
    if (this.#watcher.nextNs() <= t) this.take(this.#watcher.tick(t));
    for (const { target } of this.#networks.takeExpired(t)) {
      this.take([{ type: "unban", t, host: target, because: "expired" }]);
    }
    for (const [target, untilNs] of this.#limits) {
      if (untilNs > t) break; // All are as long: the oldest are first.
      this.#limits.delete(target);
      this.#enforcer.push({ to: "unlimit", target });
    }
  }

  /** When {@link tick} has something to do; Infinity: nothing waits. */
  nextNs(): number {
    const [limit = Infinity] = this.#limits.values();
    return Math.min(this.#watcher.nextNs(), this.#networks.nextNs(), limit);
  }

  take(decisions: readonly Decision[]): void {
    for (const decision of decisions) this.#takeOne(decision);
  }

  list(): ListedBan[] {
    const t = this.options.now();
    return [...this.#wanted()].filter(({ to }) => to === "ban").map(({ target, untilNs }) => {
      const { level = 1, rule = "manual" } = this.options.store.get(target) ?? {};
      const left = untilNs === undefined ? {} : { secondsLeft: Math.ceil((untilNs - t) / 1e9) };
      return { target, ...left, level, rule };
    });
  }

  /**
   * In force when it resolves. Who is banned already gets the new time.
   *
   * @param seconds 0: for ever; left out: as long as a ban of its own accord
   * @throws Refusal, RangeError
   */
  async ban(text: string, seconds?: number): Promise<void> {
    const { text: target } = targetOf(text);
    const t = this.options.now();
    if (!this.#isHost(target)) this.#banNetwork(target, t, seconds);
    else {
      const { engine } = this.#watcher;
      let decisions = engine.ban(target, t, seconds);
      // Banned already: the same again, with the new time.
      if (decisions.length === 0 && engine.unban(target, t).length > 0) {
        decisions = engine.ban(target, t, seconds);
      }
      if (decisions.length === 0) {
        throw new Refusal(
          `Cannot ban "${text}": it may never be: the PBX's own, or allowed; change "allow"`,
        );
      }
      this.take(decisions);
    }
    await this.#inForce();
  }

  /** @throws Refusal when it is not banned */
  async unban(text: string): Promise<void> {
    const { text: target } = targetOf(text);
    const t = this.options.now();
    const decisions: readonly Decision[] = !this.#isHost(target)
      ? this.#networks.delete(target) ? [{ type: "unban", t, host: target, because: "manual" }] : []
      : this.#watcher.engine.unban(target, t);
    if (!decisions.some(({ type }) => type === "unban")) {
      throw new Refusal(`Cannot unban "${text}": it is not banned; "sipban list" has who is`);
    }
    this.take(decisions);
    await this.#inForce();
  }

  /** Other settings; the bans go on, but for those who are allowed now. */
  async reload(settings: Partial<Settings>, proxies: readonly string[] = []): Promise<void> {
    const t = this.options.now();
    const before = this.#watcher.engine.bans();
    this.#settings = settings;
    this.#watcher = this.#makeWatcher(proxies);
    this.#watcher.engine.restore(this.options.store.bans.map(engineBan), t);
    const after = new Set(this.#watcher.engine.bans().map(({ host }) => host));
    for (const { host } of before) {
      if (!after.has(host)) this.take([{ type: "unban", t, host, because: "manual" }]);
    }
    await this.#enforcer.idle();
  }

  /** Looks after the filter and the state; to be called now and then. */
  async check(): Promise<void> {
    this.options.store.flush();
    await this.#enforcer.check();
  }

  /** All that was decided is in force, or {@link problems} says why not. */
  idle(): Promise<void> {
    return this.#enforcer.idle();
  }

  get problems(): string[] {
    return [this.#enforcer.problem, this.options.store.problem].filter((one) => one !== undefined);
  }

  get sizes(): Readonly<Record<string, number>> {
    return {
      ...this.#watcher.engine.sizes,
      networks: this.#networks.all.length,
      limits: this.#limits.size,
      waiting: this.#enforcer.waiting,
    };
  }

  /** Of those the engine keeps account; of other networks, which people have banned, it does not. */
  #isHost(target: string): boolean {
    return this.#watcher.engine.isHost(target);
  }

  async #inForce(): Promise<void> {
    await this.#enforcer.idle();
    const { problem } = this.#enforcer;
    if (problem) throw new Refusal(`It was noted, and is not in force yet: ${problem}`);
  }

  #makeWatcher(proxies: readonly string[] = []): Watcher {
    return new Watcher(new BanEngine(this.#settings), { proxies });
  }

  *#wanted(): Iterable<Change> {
    for (const { host, untilNs } of this.#watcher.engine.bans()) {
      if (!this.#networks.covers(host)) yield banOf(host, untilNs);
    }
    for (const { target, untilNs } of this.#networks.all) yield banOf(target, untilNs);
    for (const [target, untilNs] of this.#limits) yield { to: "limit", target, untilNs };
  }

  #restore(bans: readonly StoredBan[], t: number): void {
    this.#watcher.engine.restore(bans.map(engineBan), t);
    const { own = [], allow = [] } = this.#settings;
    for (const { target, untilNs, live } of bans) {
      if (!live || this.#isHost(target) || (untilNs ?? Infinity) <= t) continue;
      if (this.#networks.objection(target, { never: [...own, ...allow] })) continue;
      this.#networks.set({ target, ...(untilNs !== undefined && { untilNs }) });
    }
  }

  /** Of whom the filter knows and the state does not, as when it was lost. */
  #adopt(inKernel: ReadonlyMap<string, number | undefined>, t: number): void {
    const found = [...inKernel].filter(([target]) => !this.options.store.get(target));
    const { banS } = this.#watcher.engine.settings;
    const adopted = found.map(([target, seconds = banS]): StoredBan => ({
      target,
      level: 1,
      rule: "found",
      live: true,
      ...(seconds > 0 && { untilNs: t + seconds * 1e9 }),
    }));
    this.#restore(adopted, t);
    const kept = new Set([...this.#wanted()].map(({ target }) => target));
    this.options.store.put(adopted.filter(({ target }) => kept.has(target)));
  }

  /** What is over is no longer live; what is forgotten is gone. */
  #settleStore(t: number): void {
    const { store } = this.options;
    const live = new Set([...this.#wanted()].map(({ target }) => target));
    const over = store.bans.filter((ban) => !live.has(ban.target));
    const { forgetS } = this.#watcher.engine.settings;
    const isForgotten = ({ target, untilNs = t }: StoredBan) =>
      !this.#isHost(target) || untilNs + forgetS * 1e9 <= t;
    store.delete(over.filter(isForgotten).map(({ target }) => target));
    store.put(
      over.filter((ban) => ban.live && !isForgotten(ban))
        .map((ban) => ({ ...ban, untilNs: Math.min(ban.untilNs ?? t, t), live: false })),
    );
  }

  #banNetwork(target: string, t: number, seconds?: number): void {
    const { settings } = this.#watcher.engine;
    const objection = this.#networks.objection(target, {
      never: [...settings.own, ...settings.allow],
      others: this.#watcher.engine.bans().map(({ host }) => host),
    });
    if (objection) throw new Refusal(`Cannot ban "${target}": ${objection}`);
    const length = seconds ?? settings.banS;
    const untilNs = length === 0 ? {} : { untilNs: t + length * 1e9 };
    this.#networks.set({ target, ...untilNs });
    this.take([{ type: "ban", t, host: target, rule: "manual" as Rule, level: 1, ...untilNs }]);
  }

  #takeOne(decision: Decision): void {
    const { decided, store } = this.options;
    const { type, host: target } = decision;
    const done = (inForceNs: number) => decided({ ...decision, inForceNs });
    if (type === "alert") return done(decision.t);
    if (type === "limit") {
      this.#limit(target, decision.untilNs);
      return this.#enforcer.push({ to: type, target, untilNs: decision.untilNs, done });
    }
    if (type === "ban") {
      const { untilNs, level, rule } = decision;
      const until = untilNs !== undefined && { untilNs };
      const saved = { target, level, rule, live: true, ...until };
      const finish = (t: number) => (store.put([saved]), done(t));
      if (this.#isHost(target) && this.#networks.covers(target)) return finish(decision.t);
      return this.#enforcer.push({ to: type, target, ...until, done: finish });
    }
    const old = store.get(target);
    const finish = (t: number) => {
      const isOver = decision.because === "expired" && old && this.#isHost(target);
      if (isOver) store.put([{ ...old, untilNs: old.untilNs ?? t, live: false }]);
      else store.delete([target]);
      done(t);
    };
    this.#enforcer.push({ to: type, target, done: finish });
    // What it has covered is banned by itself from now on.
    if (this.#isHost(target)) return;
    for (const { host, untilNs } of this.#watcher.engine.bans()) {
      if (liesIn(host, target)) this.#enforcer.push(banOf(host, untilNs));
    }
  }

  #limit(target: string, untilNs: number): void {
    this.#limits.delete(target);
    this.#limits.set(target, untilNs);
    if (this.#limits.size <= MOST_LIMITS) return;
    const [oldest] = this.#limits.keys();
    this.#limits.delete(oldest!);
    this.#enforcer.push({ to: "unlimit", target: oldest! });
  }
}

function banOf(target: string, untilNs: number | undefined): Change {
  return { to: "ban", target, ...(untilNs !== undefined && { untilNs }) };
}

function engineBan({ target, untilNs, level }: StoredBan) {
  return { host: target, level, ...(untilNs !== undefined && { untilNs }) };
}
