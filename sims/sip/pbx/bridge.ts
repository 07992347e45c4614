/** Calls between two others: each has one with the PBX. */
import { type CallTable, type Host, type IncomingCall, tagged } from "../agent/mod.ts";
import { formatUri, fromOf, header, request as makeRequest } from "../message/mod.ts";
import type { TransactionLayer } from "../transaction/mod.ts";
import { formatEndpoint } from "../transport/mod.ts";
import type { Binding } from "./bindings.ts";

/** Where a call goes. */
export type Target = Pick<Binding, "contact" | "from" | "layer">;

function contactOf({ options: { transport } }: TransactionLayer): string {
  const { protocol, local } = transport;
  const parameter = protocol === "UDP" ? "" : `;transport=${protocol.toLowerCase()}`;
  return `<sip:${formatEndpoint(local)}${parameter}>`;
}

/** What the calls of a transport need. */
export function hostOf(layer: TransactionLayer): Host {
  return { layer, timers: layer.options.timers, contact: contactOf(layer) };
}

/** Two calls that live and end together. */
export function bridge(
  table: CallTable,
  caller: IncomingCall,
  { contact, from: to, layer }: Target,
): void {
  const called = table.outgoing(hostOf(layer));
  const { request } = caller.invite;
  called.onState = (state) => {
    if (state === "ringing") caller.ring();
    if (state === "up") caller.answer(called.remoteBody);
    if (state === "ended" && caller.state !== "ended") {
      if (caller.dialog) caller.hangUp();
      else caller.reject(called.end.value?.status ?? 480);
    }
  };
  caller.onState = (state) => {
    if (state === "ended" && called.state !== "ended") called.hangUp();
  };
  const identity = formatUri(fromOf(request).uri);
  const invite = makeRequest("INVITE", contact, [
    ["Max-Forwards", "70"],
    ["From", tagged(identity, layer.token())],
    ["To", tagged(contact)],
    ["Call-ID", layer.token()],
    ["CSeq", "1 INVITE"],
    ["Contact", contactOf(layer)],
    ["Content-Type", header(request, "Content-Type")],
  ], request.body);
  const transaction = layer.send(invite, to, {
    response: (response) => {
      if (response.status < 200) called.provisional(response);
      else called.final(response, transaction.request, to);
    },
    failed: (reason) => called.failed(reason),
  });
  called.started(transaction);
}
