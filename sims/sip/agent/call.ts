/** A call, seen from one of its ends (RFC 3261 sections 13 to 15). */
import {
  header,
  type HeaderList,
  replyTo,
  type SipRequest,
  type SipResponse,
} from "../message/mod.ts";
import { longestNs, type ServerTransaction, type TransactionLayer } from "../transaction/mod.ts";
import type { SipTimers } from "../transport/mod.ts";
import { Alarms } from "../transaction/alarms.ts";
import type { Asked } from "./ask.ts";
import { Dialog } from "./dialog.ts";
import { Outcome } from "./outcome.ts";

export type CallState = "trying" | "ringing" | "up" | "ended";

/** How it ended. `status`: of the final response when it was refused. */
export interface CallEnd {
  readonly by: "us" | "them" | "refused" | "timeout" | "transport" | "cancelled";
  readonly status?: number;
}

export interface CallContext {
  readonly layer: TransactionLayer;
  readonly timers: SipTimers;
  /** Our Contact, with its brackets. */
  readonly contact: string;
  /** The dialog has begun, or the call has ended: where requests within it are looked up. */
  changed(call: Call): void;
}

export abstract class Call {
  #state: CallState = "trying";
  #dialog: Dialog | undefined;
  readonly end = new Outcome<CallEnd>();
  /** What the other side says of its media: the body of its INVITE or its 2xx. */
  remoteBody: Uint8Array = new Uint8Array();
  /** Called at each change of state. */
  onState: (state: CallState) => void = () => {};

  constructor(protected readonly context: CallContext) {}

  get state(): CallState {
    return this.#state;
  }

  get dialog(): Dialog | undefined {
    return this.#dialog;
  }

  /** Ends it, whatever its state: CANCEL, refusal, or BYE. */
  abstract hangUp(): void;

  /** A request of the other side within the dialog. */
  receive(transaction: ServerTransaction): void {
    const { request } = transaction;
    if (request.method === "BYE") {
      transaction.respond(replyTo(request, 200));
      this.finish({ by: "them" });
    } else transaction.respond(replyTo(request, request.method === "INVITE" ? 488 : 501));
  }

  /** An ACK of a 2xx. */
  acknowledged(): void {}

  protected begin(dialog: Dialog): void {
    this.#dialog = dialog;
    this.move("up");
    this.context.changed(this);
  }

  protected move(state: CallState): void {
    if (this.#state === "ended" || this.#state === state) return;
    this.#state = state;
    this.onState(state);
  }

  protected finish(end: CallEnd): void {
    if (this.#state === "ended") return;
    this.end.settle(end);
    this.move("ended");
    this.context.changed(this);
  }

  protected sendBye(dialog: Dialog): void {
    this.context.layer.send(dialog.request("BYE"), dialog.peer, { response() {}, failed() {} });
  }
}

/** Begun by us. */
export class OutgoingCall extends Call {
  #asked: Asked | undefined;
  #hungUp = false;
  /** What acknowledged a 2xx, by its tag: a repeated 2xx is acknowledged again. */
  readonly #acks = new Map<string, { readonly dialog: Dialog; readonly ack: SipRequest }>();

  /** For the agent: what was sent, and how it is cancelled. */
  started(asked: Asked): void {
    this.#asked = asked;
    if (this.#hungUp) asked.cancel();
  }

  provisional(response: SipResponse): void {
    if (response.status > 100) this.move("ringing");
  }

  final(response: SipResponse, sent: SipRequest, peer: Dialog["peer"]): void {
    if (response.status >= 300) {
      return this.finish({ by: this.#hungUp ? "cancelled" : "refused", status: response.status });
    }
    const to = header(response, "To")!;
    const known = this.#acks.get(to);
    if (known) return this.context.layer.options.transport.send(known.ack, peer);
    const dialog = Dialog.ofCaller(sent, response, peer);
    const number = parseInt(header(sent, "CSeq")!, 10);
    const ack = this.context.layer.sendAck(dialog.request("ACK", [], number), peer);
    this.#acks.set(to, { dialog, ack });
    // Another fork, or we have hung up in the meantime: it was accepted, so it is ended by BYE.
    if (this.dialog || this.#hungUp || this.state === "ended") {
      this.sendBye(dialog);
      if (!this.dialog) this.finish({ by: "us" });
      return;
    }
    this.remoteBody = response.body;
    this.begin(dialog);
  }

  failed(reason: "timeout" | "transport"): void {
    this.finish({ by: reason });
  }

  hangUp(): void {
    if (this.state === "ended" || this.#hungUp) return;
    this.#hungUp = true;
    if (!this.dialog) return this.#asked?.cancel();
    this.sendBye(this.dialog);
    this.finish({ by: "us" });
  }
}

/** Begun by the other side. */
export class IncomingCall extends Call {
  readonly #alarms: Alarms<"again" | "limit">;
  readonly #tag: string;

  constructor(context: CallContext, readonly invite: ServerTransaction) {
    super(context);
    this.#alarms = new Alarms(context.timers);
    this.#tag = context.layer.token();
    this.remoteBody = invite.request.body;
  }

  ring(status = 180): void {
    this.#respond(status);
    this.move("ringing");
  }

  /** 200, repeated until its ACK comes (section 13.3.1.4); without one the call ends. */
  answer(body: Uint8Array | string = ""): void {
    if (!this.invite.isOpen) return;
    const { layer } = this.context;
    const type: HeaderList = body.length > 0 ? [["Content-Type", "application/sdp"]] : [];
    const ok = replyTo(this.invite.request, 200, {
      toTag: this.#tag,
      list: [
        ...this.#recordRoutes(),
        ["Contact", this.context.contact],
        ...type,
      ],
      body,
    });
    this.invite.respond(ok);
    const { transport } = layer.options;
    const { t1Ns, t2Ns } = layer.timing;
    const { to } = this.invite.context;
    this.#alarms.repeat("again", t1Ns, t2Ns, () => transport.send(ok, to));
    this.#alarms.set("limit", longestNs(layer.timing), () => {
      this.#alarms.cancelAll();
      if (this.dialog) this.sendBye(this.dialog);
      this.finish({ by: "timeout" });
    });
    this.begin(Dialog.ofCalled(this.invite.request, header(ok, "To")!, this.invite.context.to));
  }

  reject(status = 486): void {
    if (!this.invite.isOpen) return;
    this.#respond(status);
    this.finish({ by: "us", status });
  }

  /** The other side's CANCEL. */
  cancelled(): void {
    this.#respond(487);
    this.finish({ by: "cancelled", status: 487 });
  }

  override acknowledged(): void {
    this.#alarms.cancelAll();
  }

  override receive(transaction: ServerTransaction): void {
    if (transaction.request.method === "BYE") this.#alarms.cancelAll();
    super.receive(transaction);
  }

  hangUp(): void {
    if (this.state === "ended") return;
    if (!this.dialog) return this.reject(603);
    this.#alarms.cancelAll();
    this.sendBye(this.dialog);
    this.finish({ by: "us" });
  }

  #respond(status: number): void {
    const list: HeaderList = [["Contact", this.context.contact]];
    this.invite.respond(replyTo(this.invite.request, status, { toTag: this.#tag, list }));
  }

  #recordRoutes(): HeaderList {
    return this.invite.request.headers.filter(({ name }) => name === "Record-Route")
      .map(({ value }) => ["Record-Route", value] as const);
  }
}
