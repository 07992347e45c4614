/** The host's time for transactions. */
import { hostNow, ns, timer } from "hil/time/mod.ts";
import type { SipTimers } from "./transport.ts";

export const hostTimers: SipTimers = {
  now: hostNow,
  after: (delayNs, ring) => ({ cancel: timer(ns(delayNs), ring) }),
};
