/** Keeps a recording going while the scenario waits for it, and sees where it cannot go on. */
import { type Duration, hostNow, ms } from "../../time/mod.ts";
import { callText } from "../../record/mod.ts";
import type { CallEvent } from "../../trace/mod.ts";
import { timeText } from "./divergence.ts";
import { ending } from "./ending.ts";
import { type Here, placeText } from "./place.ts";
import type { Player } from "./player.ts";
import { nextTurn, orAfter } from "./turns.ts";

/** When nobody waits for the recording, but a function of the scenario may. */
const IDLE = ms(100);
/** Longest that playing goes on without a turn for others, in nanoseconds. */
const TURN = 10e6;

type State = "woke" | "blocked" | "idle" | "end";

export class Pump {
  #over = false;
  #changed = Promise.withResolvers<void>();

  constructor(private readonly player: Player, private readonly patience: Duration) {}

  /** Something that it waits for may have come. */
  kick(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }

  stop(): void {
    this.#over = true;
    this.kick();
  }

  async run(): Promise<void> {
    for (;;) {
      await nextTurn();
      if (this.#over) return;
      const state = this.#advance();
      if (state === "woke") continue;
      const changed = this.#changed.promise;
      if (state === "end") {
        if (this.player.isAwaited) this.#end();
        await changed;
      } else if (state === "idle") await orAfter(changed, IDLE, () => this.#goOn());
      else if (!this.#expireByFate()) await this.#bePatient(changed);
    }
  }

  /** Plays until somebody has something to do, or nobody waits. */
  #advance(): State {
    const { player } = this;
    player.woke = false;
    const since = hostNow();
    for (;;) {
      const event = player.next;
      if (!event) return "end";
      if (player.expire(event)) return "woke";
      if (event.type === "end") return "end";
      if (player.owed || player.isBlocked(event)) return "blocked";
      if (!player.isAwaited) return "idle";
      player.pass(event);
      if (player.woke || hostNow() - since > TURN) return "woke";
    }
  }

  /** Functions of the scenario may be called, though nobody waits for it here. */
  #goOn(): void {
    const { player } = this;
    for (let event = player.next; event && event.type !== "end"; event = player.next) {
      if (player.isBlocked(event)) return;
      player.pass(event);
      if (event.type === "call" && event.back) return;
    }
  }

  /** Of those on another clock than the next call's: nothing more comes on theirs in time. */
  #expireByFate(): boolean {
    const { times, recording: { events, ownClock }, at } = this.player;
    for (const waiter of times.waiters) {
      if (waiter.clock === ownClock) continue;
      const rest = events.slice(at).find(({ clock }) => clock === waiter.clock);
      if (rest && rest.t <= waiter.deadline) continue;
      times.advance(waiter.clock, waiter.deadline);
      waiter.expire();
      return true;
    }
    return false;
  }

  async #bePatient(changed: Promise<void>): Promise<void> {
    const { player } = this;
    if (!player.isAwaited && !player.owed) return await changed;
    await orAfter(changed, this.patience, () => {
      if (!this.#over) this.#giveUp();
    });
  }

  #giveUp(): void {
    const { player } = this;
    const ofConsole = [...player.times.waiters].filter((waiter) => waiter.ofConsole);
    if (ofConsole.length > 0) return ofConsole.forEach((waiter) => waiter.expire());
    const event = player.next!;
    const { owed } = player;
    if (owed || event.type === "call") {
      const call = owed ?? player.recording.calls.get((event as CallEvent).id)!;
      player.part(player.notMade(call, this.#waits(), this.#place));
      return;
    }
    player.part(player.divergence({
      what: "A function of the scenario does not come to its end, as it did when it was recorded",
      recorded: `it returned at ${timeText(event)}`,
      now: `it runs for ${this.patience}`,
    }));
  }

  #end(): void {
    const { recording, times, timeline } = this.player;
    ending({ recording, times, timeline, waits: this.#waits(), here: this.#place });
  }

  /** Where the scenario waits. */
  get #place(): Here {
    const [first] = [...this.player.pending, ...[...this.player.times.waiters]];
    return first?.here ?? {};
  }

  /** What the scenario waits for. */
  #waits(): string {
    const calls = this.player.pending.map(({ call, here }) => ({
      what: callText(call.event),
      here,
    }));
    const waits = [...calls, ...this.player.times.waiters].map(({ what, here }) =>
      `${what}${here.stack ? placeText(here, this.player.root) : ""}`
    );
    return waits.join("; ") || "the scenario does not wait for anything here";
  }
}
