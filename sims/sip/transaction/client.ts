/** Client transactions: RFC 3261 sections 17.1.1 (INVITE) and 17.1.2, with RFC 6026's Accepted. */
import {
  header,
  headers,
  request as makeRequest,
  type SipRequest,
  type SipResponse,
} from "../message/mod.ts";
import type { Endpoint, SipTimers, SipTransport } from "../transport/mod.ts";
import { Alarms } from "./alarms.ts";
import { longestNs, type Timing } from "./timing.ts";

export interface ClientEvents {
  /** Each provisional one, and the final one once; of a forked INVITE every 2xx, repeats too. */
  response(response: SipResponse): void;
  /** Nobody answered in time, or the transport failed. */
  failed(reason: "timeout" | "transport"): void;
}

export type ClientState =
  | "calling"
  | "proceeding"
  | "accepted"
  | "completed"
  | "terminated";

export interface ClientContext {
  readonly transport: SipTransport;
  readonly timers: SipTimers;
  readonly timing: Timing;
  /** Sends a CANCEL of this transaction as one of its own. */
  cancel(cancel: SipRequest, to: Endpoint): void;
  ended(transaction: ClientTransaction): void;
}

export class ClientTransaction {
  #state: ClientState = "calling";
  #alarms: Alarms<"A" | "B" | "D" | "E" | "F" | "K" | "M">;
  #wantsCancel = false;
  #isInvite: boolean;

  constructor(
    readonly request: SipRequest,
    readonly to: Endpoint,
    readonly events: ClientEvents,
    readonly context: ClientContext,
  ) {
    this.#alarms = new Alarms(context.timers);
    this.#isInvite = request.method === "INVITE";
  }

  get state(): ClientState {
    return this.#state;
  }

  /** For the layer, once it is found by its key. */
  start(): void {
    const { transport, timing } = this.context;
    const [again, limit] = this.#isInvite ? ["A", "B"] as const : ["E", "F"] as const;
    this.#alarms.set(limit, longestNs(timing), () => this.#fail("timeout"));
    if (!transport.reliable) {
      const max = this.#isInvite ? Infinity : timing.t2Ns;
      this.#alarms.repeat(again, timing.t1Ns, max, () => this.#send());
    }
    this.#send();
  }

  receive(response: SipResponse): void {
    if (this.#state === "terminated") return;
    if (response.status < 200) this.#provisional(response);
    else if (this.#isInvite) this.#finalOfInvite(response);
    else this.#final(response);
  }

  /** As soon as a provisional response has come (section 9.1); an INVITE only. */
  cancel(): void {
    this.#wantsCancel = true;
    if (this.#state !== "proceeding") return;
    this.#wantsCancel = false;
    this.context.cancel(this.#derived("CANCEL"), this.to);
  }

  /** Forgets it all; nobody is told. */
  abandon(): void {
    this.#end();
  }

  transportFailed(): void {
    if (this.#state === "calling" || this.#state === "proceeding") this.#fail("transport");
  }

  #provisional(response: SipResponse): void {
    if (this.#state !== "calling" && this.#state !== "proceeding") return;
    this.#state = "proceeding";
    const { transport, timing } = this.context;
    if (this.#isInvite) this.#alarms.cancel("A", "B");
    else if (!transport.reliable) {
      this.#alarms.repeat("E", timing.t2Ns, timing.t2Ns, () => this.#send());
    }
    this.events.response(response);
    if (this.#wantsCancel) this.cancel();
  }

  #final(response: SipResponse): void {
    if (this.#state === "completed") return;
    this.#state = "completed";
    this.#alarms.cancel("E", "F");
    this.#alarms.set("K", this.#lingerNs(this.context.timing.t4Ns), () => this.#end());
    this.events.response(response);
  }

  #finalOfInvite(response: SipResponse): void {
    const { timing } = this.context;
    if (response.status < 300) {
      if (this.#state === "completed") return;
      if (this.#state !== "accepted") {
        this.#state = "accepted";
        this.#alarms.cancelAll();
        this.#alarms.set("M", longestNs(timing), () => this.#end());
      }
      return this.events.response(response);
    }
    if (this.#state === "accepted") return;
    const first = this.#state !== "completed";
    this.context.transport.send(this.#ack(response), this.to);
    if (!first) return;
    this.#state = "completed";
    this.#alarms.cancelAll();
    this.#alarms.set("D", this.#lingerNs(longestNs(timing)), () => this.#end());
    this.events.response(response);
  }

  /** Section 17.1.1.3: the same branch; To as in the response. */
  #ack(response: SipResponse): SipRequest {
    return this.#derived("ACK", header(response, "To"));
  }

  #derived(method: string, to = header(this.request, "To")): SipRequest {
    const { request } = this;
    return makeRequest(method, request.uri, [
      ["Via", headers(request, "Via")[0]],
      ["Max-Forwards", "70"],
      ...headers(request, "Route").map((route) => ["Route", route] as const),
      ["From", header(request, "From")],
      ["To", to],
      ["Call-ID", header(request, "Call-ID")],
      ["CSeq", header(request, "CSeq")!.replace(/\S+$/, method)],
    ]);
  }

  #send(): void {
    this.context.transport.send(this.request, this.to);
  }

  /** What is sent reliably comes once: nothing to wait for. */
  #lingerNs(delayNs: number): number {
    return this.context.transport.reliable ? 0 : delayNs;
  }

  #fail(reason: "timeout" | "transport"): void {
    this.#end();
    this.events.failed(reason);
  }

  #end(): void {
    this.#state = "terminated";
    this.#alarms.cancelAll();
    this.context.ended(this);
  }
}
