/** Captures of a PBX's wire, whosever: `--use pbx=capture:FILE.pcapng`. */
import { expect, measure, scenario, seconds, step } from "hil";
import { capturedPbx } from "sims/pbx/mod.ts";
import type { Decision } from "sims/sipban/core/mod.ts";
import { sipban } from "sims/sipban/mod.ts";
import { replay } from "sims/sipban/replay.ts";

/** After the last packet: until its challenges have waited in vain. */
const REST = seconds(60);

scenario(
  "a capture brings the verdicts that the daemon would have given live",
  { uses: { pbx: capturedPbx(), bans: sipban() }, timeout: seconds(120) },
  async ({ pbx, bans }) => {
    await step("play", () => pbx.play(REST));
    const own = [pbx.address, pbx.address6].filter((address) => address !== "");
    const verdicts: string[] = [];
    const playing = replay(pbx.capture, { settings: { own }, restS: REST.ns / 1e9 });
    let next = playing.next();
    for (; !next.done; next = playing.next()) verdicts.push(verdictOf(next.value));
    measure("packets", next.value.counts.packets, { unit: "" });
    measure("messages that count", next.value.counts.messages, { unit: "" });
    measure("verdicts", verdicts.length, { unit: "" });
    const given = bans.decisions.occurrences.map(({ kind, data: { host, rule, because } }) =>
      `${kind} ${host} ${rule ?? because}`
    );
    expect(given, "the verdicts").toEqual(verdicts);
    const banned = (await bans.list()).map(({ target }) => target).toSorted();
    expect((await bans.filtered()).toSorted(), "the filter").toEqual(banned);
  },
);

function verdictOf(decision: Decision): string {
  return `${decision.type} ${decision.host} ${
    decision.type === "unban" ? decision.because : decision.rule
  }`;
}
