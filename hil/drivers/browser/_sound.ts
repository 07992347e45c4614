/** What an element of a page plays, piece by piece. */
import type { Page } from "playwright-core";
import { type Clock, type Duration, ms, ns, pause, withLimit } from "../../time/mod.ts";
import { takeSamples } from "./_in_page.ts";
import { describeHeard, hear, type Heard } from "./tone.ts";

export interface ToneSought {
  readonly frequencyHz: number;
  readonly toleranceHz: number;
  /** Below this there is no tone. */
  readonly leastDbfs: number;
}

/** 43 ms at 48 kHz. */
const PIECE = 2048;
/** A tone has this much of the power at its frequency. */
const PURE = 0.5;
/** Until a page that plays nothing is asked again. */
const LOOK = ms(20);

/** The next piece, or why there is none. */
export async function nextPiece(
  page: Page,
  selector: string,
  limit: Duration,
): Promise<Heard | string> {
  const piece = page.evaluate(takeSamples, { selector, count: PIECE });
  const taken = await withLimit(piece, limit, () => ({ why: `no sound comes within ${limit}` }));
  if ("why" in taken) return taken.why;
  const bytes = Uint8Array.fromBase64(taken.samples);
  return hear(new Float32Array(bytes.buffer), taken.rateHz);
}

/** The first piece with the tone, or what was there instead. */
export async function findTone(
  next: (limit: Duration) => Promise<Heard | string>,
  { frequencyHz, toleranceHz, leastDbfs }: ToneSought,
  { clock, within }: { readonly clock: Pick<Clock, "now">; readonly within: Duration },
): Promise<Heard | string> {
  const end = clock.now() + within.ns;
  let loudest: Heard | undefined;
  let silence = "nothing was heard";
  for (let left = within.ns; left > 0; left = end - clock.now()) {
    const heard = await next(ns(left));
    if (typeof heard === "string") {
      silence = heard;
      await pause(LOOK);
      continue;
    }
    const near = Math.abs(heard.frequencyHz - frequencyHz) <= toleranceHz;
    if (near && heard.levelDbfs >= leastDbfs && heard.purity >= PURE) return heard;
    if (heard.levelDbfs >= (loudest?.levelDbfs ?? -Infinity)) loudest = heard;
  }
  return loudest ? `the loudest was ${describeHeard(loudest)}` : silence;
}
