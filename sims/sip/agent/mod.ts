/** A user agent, and its calls. */
export { ask, type Asked, type AskEvents, type AskOptions } from "./ask.ts";
export { Call, type CallContext, type CallEnd, type CallState } from "./call.ts";
export { IncomingCall } from "./incoming_call.ts";
export { OutgoingCall } from "./outgoing_call.ts";
export type { Reinvited } from "./reinvite.ts";
export { CallTable, type Host } from "./call_table.ts";
export { Dialog, dialogKey, tagged } from "./dialog.ts";
export { Outcome } from "./outcome.ts";
export { type Answer, registeredContacts, UserAgent, type UserAgentOptions } from "./user_agent.ts";
