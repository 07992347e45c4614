/** The calls of a host: which request of which dialog is whose. */
import type { Credentials } from "../digest.ts";
import { replyTo, tagOf, toOf } from "../message/mod.ts";
import type { ServerTransaction, TransactionLayer, TransactionUser } from "../transaction/mod.ts";
import type { SipTimers } from "../transport/mod.ts";
import type { Call, CallContext } from "./call.ts";
import { dialogKey } from "./dialog.ts";
import { IncomingCall } from "./incoming_call.ts";
import { OutgoingCall } from "./outgoing_call.ts";

export class CallTable {
  readonly #up = new Map<string, Call>();
  readonly #ringing = new Map<ServerTransaction, IncomingCall>();

  /** Those that are up. */
  get calls(): readonly Call[] {
    return [...this.#up.values()];
  }

  /** What a layer needs; `request` gets what is of no dialog. */
  user(request: (transaction: ServerTransaction) => void): TransactionUser {
    return {
      request: (transaction) => {
        if (tagOf(toOf(transaction.request)) === undefined) request(transaction);
        else this.#within(transaction);
      },
      ack: (ack) => this.#up.get(dialogKey(ack))?.acknowledged(),
      cancel: (invite) => this.#ringing.get(invite)?.cancelled(),
    };
  }

  incoming(invite: ServerTransaction, host: Host): IncomingCall {
    const call = new IncomingCall(this.#context(host), invite);
    this.#ringing.set(invite, call);
    return call;
  }

  outgoing(host: Host): OutgoingCall {
    return new OutgoingCall(this.#context(host));
  }

  #within(transaction: ServerTransaction): void {
    const call = this.#up.get(dialogKey(transaction.request));
    if (call) call.receive(transaction);
    else transaction.respond(replyTo(transaction.request, 481));
  }

  #context(host: Host): CallContext {
    return { ...host, changed: (call) => this.#changed(call) };
  }

  #changed(call: Call): void {
    if (call instanceof IncomingCall) this.#ringing.delete(call.invite);
    if (!call.dialog) return;
    if (call.state === "ended") this.#up.delete(call.dialog.key);
    else this.#up.set(call.dialog.key, call);
  }
}

export interface Host {
  readonly layer: TransactionLayer;
  readonly timers: SipTimers;
  /** Its Contact, with brackets. */
  readonly contact: string;
  readonly credentials?: Credentials;
}
