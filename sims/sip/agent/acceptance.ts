/** A 2xx to an INVITE: its transaction ends with it, so who sent it repeats it (RFC 3261, 13.3.1.4). */
import type { SipResponse } from "../message/mod.ts";
import { longestNs, type ServerTransaction } from "../transaction/mod.ts";
import { Alarms } from "../transaction/alarms.ts";
import type { SipTimers } from "../transport/mod.ts";

export class Acceptance {
  readonly #alarms: Alarms<"again" | "limit">;
  #pending = false;

  constructor(timers: SipTimers) {
    this.#alarms = new Alarms(timers);
  }

  /** Whether an ACK is waited for. */
  get pending(): boolean {
    return this.#pending;
  }

  /** Until its ACK comes, or until it is too late for one. */
  send(invite: ServerTransaction, ok: SipResponse, onTimeout: () => void): void {
    const { layer, transport, to } = invite.context;
    const { t1Ns, t2Ns } = layer.timing;
    this.#pending = true;
    invite.respond(ok);
    this.#alarms.repeat("again", t1Ns, t2Ns, () => transport.send(ok, to));
    this.#alarms.set("limit", longestNs(layer.timing), () => {
      this.end();
      onTimeout();
    });
  }

  /** Its ACK has come, or nobody waits for it any more. */
  end(): void {
    this.#pending = false;
    this.#alarms.cancelAll();
  }
}
