/** Where a packet is a message: UDP, WebSockets, the network in the process. */
import { parseMessage, type SipMessage, SipSyntaxError } from "../message/mod.ts";
import type { Endpoint, TransportListener } from "./transport.ts";

/** Gives the message, or tells what is wrong with the bytes. */
export function deliver(
  bytes: Uint8Array,
  from: Endpoint,
  listener: Pick<TransportListener, "message" | "malformed"> | undefined,
): void {
  let message: SipMessage;
  try {
    message = parseMessage(bytes);
  } catch (error) {
    if (!(error instanceof SipSyntaxError)) throw error;
    listener?.malformed?.(error, from);
    return;
  }
  listener?.message(message, from);
}
