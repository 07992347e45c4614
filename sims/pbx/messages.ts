/** What a SIP message on the wire is in the trace. */
import type { SignalSource, Timeline } from "hil/trace/mod.ts";
import type { Clock } from "hil";
import { header, parseMessage, type SipMessage, SipSyntaxError, summary } from "sims/sip/mod.ts";
import type { Protocol } from "sims/sip/mod.ts";
import type { SipMessageData } from "./port.ts";

export function messageSignal(timeline: Timeline, clock: Clock): SignalSource<SipMessageData> {
  return timeline.signal<SipMessageData>("sip", {
    clock,
    describe: (_, { direction, peer, firstLine, cseq }) =>
      `${direction === "in" ? "from" : "to"} ${peer}: ${firstLine} (${cseq})`,
  });
}

/** Kind and data of bytes that are one message; of what is none, the kind "malformed". */
export function describeSip(
  bytes: Uint8Array,
  where: { direction: "in" | "out"; peer: string; protocol: Protocol },
): { readonly kind: string; readonly data: SipMessageData } {
  let message: SipMessage;
  try {
    message = parseMessage(bytes);
  } catch (error) {
    if (!(error instanceof SipSyntaxError)) throw error;
    const firstLine = new TextDecoder().decode(bytes.subarray(0, 80)).split(/\r?\n/, 1)[0]!;
    return { kind: "malformed", data: { ...where, firstLine, callId: "", cseq: "" } };
  }
  return {
    kind: message.type === "request" ? message.method : `${message.status}`,
    data: {
      ...where,
      firstLine: summary(message),
      callId: header(message, "Call-ID") ?? "",
      cseq: header(message, "CSeq") ?? "",
    },
  };
}
