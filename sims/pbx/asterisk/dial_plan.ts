/** What happens to calls: `extensions.conf`, the same on all variants. */
import type { AsteriskOptions } from "./config.ts";
import { extension, section } from "./escape.ts";

export interface DialPlan {
  /** The extension that answers and sends back what it hears. */
  readonly echo: string;
  /** Extensions that are refused, with the responses that the caller gets: `{ "701": [183, 503] }`. */
  readonly failing: Readonly<Record<string, readonly number[]>>;
}

/** Where calls of phones, of guests and of the trunk begin. */
export const CONTEXT = "phones";
export const TRUNK = "pbx-trunk";
const RING_S = 20;

/** Causes of Q.850 that both channels send as this status (hangup_cause2sip in either). */
const CAUSES: Readonly<Record<number, number>> = {
  403: 21,
  404: 1,
  408: 18,
  480: 19,
  486: 17,
  488: 58,
  503: 34,
};

export function dialPlan(options: AsteriskOptions): string {
  const { variant, phones, echo, failing, trunk } = options;
  const dial = (user: string, over?: string) =>
    variant === "chan_sip"
      ? `Dial(SIP/${over ? `${over}/` : ""}${user},${RING_S})`
      : `Dial(PJSIP/${user}${over ? `@${over}` : ""},${RING_S})`;
  const lines = [
    ...exten(extension(echo), ["Answer()", "Echo()"]),
    ...Object.entries(failing).flatMap(([name, statuses]) =>
      exten(extension(name), refusal(name, statuses))
    ),
    ...Object.keys(phones).flatMap((user) => exten(user, [dial(user)])),
    // chan_sip answers OPTIONS that name no user by whether there is this one.
    ...variant === "chan_sip" ? exten("s", ["Hangup(1)"]) : [],
    ...trunk ? exten("_9.", [dial("${EXTEN}", TRUNK)]) : [],
  ];
  return section("general", { static: true, writeprotect: true }) +
    `[${CONTEXT}]\n${lines.join("\n")}\n`;
}

function exten(name: string, applications: readonly string[]): string[] {
  return applications.map((application, n) =>
    n === 0 ? `exten => ${name},1,${application}` : ` same => n,${application}`
  );
}

function refusal(name: string, statuses: readonly number[]): string[] {
  const [last, ...before] = [...statuses].reverse();
  const cause = CAUSES[last ?? 0];
  if (cause === undefined || before.some((status) => status !== 180 && status !== 183)) {
    throw new RangeError(
      `Cannot configure extension "${name}" to answer "${statuses}": it is 180 or 183, if any, and ` +
        `then one of ${Object.keys(CAUSES).join(", ")}; choose these`,
    );
  }
  const steps = before.reverse().map((status) => status === 180 ? "Ringing()" : "Progress()");
  return [...steps, `Hangup(${cause})`];
}
