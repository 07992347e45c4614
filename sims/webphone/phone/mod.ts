/** A telephone for web pages, without a face: see {@link createWebphone}. */
export { createWebphone, Webphone, type WebphoneEvents, type WebphoneOptions } from "./webphone.ts";
export type { CallRecord } from "./call_record.ts";
export { type Failure, type FailureCode, PhoneError } from "./failures.ts";
export type { AudioDevice, AudioDevices } from "./media.ts";
export type { AccountOptions, SignallingOptions } from "./options.ts";
export type { CallState, RegistrationState, WebphoneState } from "./state.ts";
export type { AudioStatistics, CallStatistics } from "./statistics.ts";
export { inCall } from "./state.ts";
