/** A call that we began (RFC 3261 section 13.2). */
import { header, type SipRequest, type SipResponse } from "../message/mod.ts";
import type { Asked } from "./ask.ts";
import { Call } from "./call.ts";
import { Dialog } from "./dialog.ts";

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
    const ack = this.context.layer.sendAck(dialog.request("ACK", [], { number }), peer);
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
    this.acceptance.end();
    if (!this.dialog) return this.#asked?.cancel();
    this.sendBye(this.dialog);
    this.finish({ by: "us" });
  }
}
