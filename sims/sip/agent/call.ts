/** A call, seen from one of its ends (RFC 3261 sections 13 to 15). */
import { cseqOf, type HeaderList, replyTo, type SipResponse } from "../message/mod.ts";
import type { Credentials } from "../digest.ts";
import type { ServerTransaction, TransactionLayer } from "../transaction/mod.ts";
import type { SipTimers } from "../transport/mod.ts";
import { Acceptance } from "./acceptance.ts";
import { ask } from "./ask.ts";
import type { Dialog } from "./dialog.ts";
import { Outcome } from "./outcome.ts";
import { reinvite, type Reinvited } from "./reinvite.ts";

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
  /** For requests within the call that are challenged. */
  readonly credentials?: Credentials;
  /** The dialog has begun, or the call has ended: where requests within it are looked up. */
  changed(call: Call): void;
}

export abstract class Call {
  #state: CallState = "trying";
  #dialog: Dialog | undefined;
  readonly end = new Outcome<CallEnd>();
  /** Our BYE was answered, or nobody is there to answer it: then the other side knows, too. */
  readonly farewell = new Outcome<true>();
  /** What the other side says of its media: the body of its INVITE or its 2xx. */
  remoteBody: Uint8Array = new Uint8Array();
  /** Called at each change of state. */
  onState: (state: CallState) => void = () => {};
  /** What we last said of our media. */
  localBody: Uint8Array | string = "";
  /** The other side's INVITE within the call: gives the body of a 2xx; `undefined` refuses it. */
  onReinvite: (body: Uint8Array) => Uint8Array | string | undefined = () => this.localBody;
  protected readonly acceptance: Acceptance;
  #reinviting = false;

  constructor(protected readonly context: CallContext) {
    this.acceptance = new Acceptance(context.timers);
  }

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
    const { number } = cseqOf(request);
    const dialog = this.#dialog!;
    // Out of order (section 12.2.2).
    if (number <= dialog.remoteNumber) return transaction.respond(replyTo(request, 500));
    dialog.remoteNumber = number;
    if (request.method === "INVITE") return this.#reinvited(transaction);
    if (request.method !== "BYE") return transaction.respond(replyTo(request, 501));
    this.acceptance.end();
    transaction.respond(replyTo(request, 200));
    this.finish({ by: "them" });
  }

  /** Section 14.2. */
  #reinvited(transaction: ServerTransaction): void {
    const { request } = transaction;
    const refuse = (status: number, list: HeaderList = []) =>
      transaction.respond(replyTo(request, status, { list }));
    if (this.#reinviting) return refuse(491);
    if (this.acceptance.pending) return refuse(500, [["Retry-After", "1"]]);
    const body = this.onReinvite(request.body);
    if (body === undefined) return refuse(488);
    this.remoteBody = request.body;
    this.accept(transaction, replyTo(request, 200, this.media(body)));
  }

  /**
   * Says anew what our media are.
   *
   * @throws Error when the call is not up
   */
  reinvite(body: Uint8Array | string = this.localBody): Outcome<Reinvited> {
    if (this.#state !== "up" || !this.#dialog) {
      throw new Error(`Cannot change a call that is ${this.#state}: wait until it is up`);
    }
    this.#reinviting = true;
    const outcome = reinvite(this.#dialog, { ...this.context, body });
    outcome.onSettled(({ status = 408 }) => {
      this.#reinviting = false;
      if (status < 300) this.localBody = body;
      // Section 12.2.1.2: the other side knows of no call.
      if (status === 408 || status === 481) this.hangUp();
    });
    return outcome;
  }

  /** An ACK of a 2xx. */
  acknowledged(): void {
    this.acceptance.end();
  }

  /** A 2xx with what {@link media} made; without an ACK the call ends. */
  protected accept(invite: ServerTransaction, ok: SipResponse): void {
    this.acceptance.send(invite, ok, () => {
      if (this.#dialog) this.sendBye(this.#dialog);
      this.finish({ by: "timeout" });
    });
  }

  protected media(
    body: Uint8Array | string,
  ): { readonly list: HeaderList; readonly body: typeof body } {
    this.localBody = body;
    const type = body.length > 0 ? "application/sdp" : undefined;
    return { list: [["Contact", this.context.contact], ["Content-Type", type]], body };
  }

  /** Forgets it all; nobody is told. */
  abandon(): void {
    this.acceptance.end();
  }

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
    const { layer, credentials } = this.context;
    ask(dialog.request("BYE"), {
      layer,
      to: dialog.peer,
      nextCSeq: () => dialog.nextCSeq(),
      ...(credentials && { credentials }),
    }, {
      final: () => this.farewell.settle(true),
      failed: () => this.farewell.settle(true),
    });
  }
}
