/** Server transactions: RFC 3261 sections 17.2.1 (INVITE) and 17.2.2, with RFC 6026's Accepted. */
import { replyTo, type SipRequest, type SipResponse } from "../message/mod.ts";
import type { Endpoint, SipTimers, SipTransport } from "../transport/mod.ts";
import { Alarms } from "./alarms.ts";
import type { TransactionLayer } from "./layer.ts";
import { longestNs, type Timing, TRYING_NS } from "./timing.ts";

export type ServerState =
  | "trying"
  | "proceeding"
  | "accepted"
  | "completed"
  | "confirmed"
  | "terminated";

export interface ServerContext {
  readonly layer: TransactionLayer;
  readonly transport: SipTransport;
  readonly timers: SipTimers;
  readonly timing: Timing;
  /** Where responses go: section 18.2.2 and RFC 3581. */
  readonly to: Endpoint;
  ended(transaction: ServerTransaction): void;
}

export class ServerTransaction {
  #state: ServerState = "trying";
  #last: SipResponse | undefined;
  #alarms: Alarms<"G" | "H" | "I" | "J" | "L" | "trying">;
  #isInvite: boolean;

  constructor(
    /** With received and rport in its top Via. */
    readonly request: SipRequest,
    readonly from: Endpoint,
    readonly context: ServerContext,
  ) {
    this.#alarms = new Alarms(context.timers);
    this.#isInvite = request.method === "INVITE";
    if (this.#isInvite) {
      this.#alarms.set("trying", TRYING_NS, () => this.respond(replyTo(request, 100)));
    }
  }

  get state(): ServerState {
    return this.#state;
  }

  /** Whether a final response may still be given. */
  get isOpen(): boolean {
    return this.#state === "trying" || this.#state === "proceeding";
  }

  /** A response after the final one is ignored: it came too late. */
  respond(response: SipResponse): void {
    if (!this.isOpen) return;
    this.#alarms.cancel("trying");
    this.#last = response;
    this.#send();
    if (response.status < 200) this.#state = "proceeding";
    else if (this.#isInvite) this.#finalOfInvite(response);
    else {
      this.#state = "completed";
      this.#alarms.set("J", this.#lingerNs(longestNs(this.context.timing)), () => this.#end());
    }
  }

  /** Answers and forgets (section 8.2.7): a repeat is a new request, nothing is retransmitted. */
  respondStateless(response: SipResponse): void {
    if (!this.isOpen) return;
    this.#last = response;
    this.#send();
    this.#end();
  }

  /** The request again, or (for an INVITE) its ACK. */
  receive(request: SipRequest): void {
    if (request.method === "ACK") return this.#acknowledged();
    if (this.#state === "proceeding" || this.#state === "completed") this.#send();
  }

  /** Forgets it all; nobody is told. */
  abandon(): void {
    this.#end();
  }

  #acknowledged(): void {
    if (this.#state !== "completed") return;
    this.#state = "confirmed";
    this.#alarms.cancelAll();
    this.#alarms.set("I", this.#lingerNs(this.context.timing.t4Ns), () => this.#end());
  }

  #finalOfInvite(response: SipResponse): void {
    const { timing, transport } = this.context;
    const limit = longestNs(timing);
    if (response.status < 300) {
      this.#state = "accepted";
      this.#alarms.set("L", limit, () => this.#end());
      return;
    }
    this.#state = "completed";
    this.#alarms.set("H", limit, () => this.#end());
    if (!transport.reliable) {
      this.#alarms.repeat("G", timing.t1Ns, timing.t2Ns, () => this.#send());
    }
  }

  #send(): void {
    if (this.#last) this.context.transport.send(this.#last, this.context.to);
  }

  #lingerNs(delayNs: number): number {
    return this.context.transport.reliable ? 0 : delayNs;
  }

  #end(): void {
    this.#state = "terminated";
    this.#alarms.cancelAll();
    this.context.ended(this);
  }
}
