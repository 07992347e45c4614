/** Calls between two others: each has one with the PBX. */
import {
  type CallTable,
  type Host,
  type IncomingCall,
  type OutgoingCall,
  tagged,
} from "../agent/mod.ts";
import { formatUri, fromOf, header, request as makeRequest } from "../message/mod.ts";
import type { TransactionLayer } from "../transaction/mod.ts";
import { formatEndpoint } from "../transport/mod.ts";
import type { Binding } from "./bindings.ts";
import type { PbxProfile } from "./profiles.ts";

/** Where a call goes. */
export type Target = Pick<Binding, "contact" | "from" | "layer"> & {
  /** Whose leg it is. */
  readonly user: string;
};

/** What the calls of a transport need. `user`: in its Contact. */
export function hostOf(
  layer: TransactionLayer,
  { rewritesContacts }: PbxProfile,
  user?: string,
): Host {
  const { protocol, local } = layer.options.transport;
  const isWeb = protocol === "WS" || protocol === "WSS";
  const name = !rewritesContacts ? protocol.toLowerCase() : isWeb ? "ws" : protocol;
  const parameter = protocol === "UDP" ? "" : `;transport=${name}`;
  const at = user === undefined ? "" : `${user}@`;
  const contact = `<sip:${at}${formatEndpoint(local)}${parameter}>`;
  return { layer, timers: layer.options.timers, contact };
}

/** Two calls that live and end together. Gives the one with who is called. */
export function bridge(
  table: CallTable,
  caller: IncomingCall,
  { contact, from: to, layer }: Target,
  profile: PbxProfile,
): OutgoingCall {
  const host = hostOf(layer, profile, profile.contactUser);
  const called = table.outgoing(host);
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
    ["Contact", host.contact],
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
  return called;
}
