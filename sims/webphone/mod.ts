/**
 * The web phone as the house sees it: its page, bundled and served; an exchange at a desk; a phone
 * without a browser. What runs in a browser is in `phone/` and `page/`.
 */
export { bundleWebphone, FILES, WebphoneBuildError } from "./bundle.ts";
export { DeskPbx } from "./desk.ts";
export { type HeadlessOptions, HeadlessPhone } from "./headless.ts";
export { PAGE_HEADERS, type PageServer, servePage } from "./serve.ts";
export type { CallRecord } from "./phone/call_record.ts";
export { type Failure, type FailureCode, PhoneError } from "./phone/failures.ts";
export type { CallState, RegistrationState, WebphoneState } from "./phone/state.ts";
export type { AudioStatistics, CallStatistics } from "./phone/statistics.ts";
