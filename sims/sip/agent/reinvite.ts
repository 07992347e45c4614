/** An INVITE within a call, from our side (RFC 3261 section 14.1): hold, resume, another codec. */
import { cseqOf, type SipRequest, type SipResponse } from "../message/mod.ts";
import { ask, type AskOptions } from "./ask.ts";
import type { Dialog } from "./dialog.ts";
import { Outcome } from "./outcome.ts";

/** How it ended; without a status nobody answered. */
export interface Reinvited {
  readonly status?: number;
  /** Of the 2xx. */
  readonly body?: Uint8Array;
}

export function reinvite(
  dialog: Dialog,
  { contact, body, ...options }: Omit<AskOptions, "to" | "nextCSeq"> & {
    readonly contact: string;
    readonly body: Uint8Array | string;
  },
): Outcome<Reinvited> {
  const outcome = new Outcome<Reinvited>();
  const { layer } = options;
  let ack: SipRequest | undefined;
  const final = (response: SipResponse, sent: SipRequest) => {
    if (response.status < 300) {
      if (ack) layer.options.transport.send(ack, dialog.peer);
      else {ack = layer.sendAck(
          dialog.request("ACK", [], { number: cseqOf(sent).number }),
          dialog.peer,
        );}
    }
    outcome.settle({ status: response.status, body: response.body });
  };
  const type = body.length > 0 ? "application/sdp" : undefined;
  const list = [["Contact", contact], ["Content-Type", type]] as const;
  ask(dialog.request("INVITE", list, { body }), {
    ...options,
    to: dialog.peer,
    nextCSeq: () => dialog.nextCSeq(),
  }, { final, failed: () => outcome.settle({}) });
  return outcome;
}
