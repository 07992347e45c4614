/** A call that the other side began (RFC 3261 section 13.3). */
import { header, type HeaderList, replyTo } from "../message/mod.ts";
import type { ServerTransaction } from "../transaction/mod.ts";
import { Call, type CallContext } from "./call.ts";
import { Dialog } from "./dialog.ts";

export class IncomingCall extends Call {
  readonly #tag: string;

  constructor(context: CallContext, readonly invite: ServerTransaction) {
    super(context);
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
    const media = this.media(body);
    const ok = replyTo(this.invite.request, 200, {
      ...media,
      toTag: this.#tag,
      list: [...this.#recordRoutes(), ...media.list],
    });
    this.accept(this.invite, ok);
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

  hangUp(): void {
    if (this.state === "ended") return;
    if (!this.dialog) return this.reject(603);
    this.acceptance.end();
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
