/**
 * Floods of a real PBX in a real network: attackers are shut out by real rules, nobody innocent is
 * banned, calls stay up, and registered phones register again within a second. `FLOOD=10` makes them
 * ten times as long.
 */
import { expect, measure, scenario, seconds, step } from "hil";
import { pbx, realPbx } from "sims/pbx/mod.ts";
import { sipban } from "sims/sipban/mod.ts";
import { FIRST_INVENTED, floodFrom, houseOf, sippGuesses, undisturbed } from "./flood_steps.ts";
import { banned, guess, LIMIT, times } from "./steps.ts";

/** What its sources may fail until they are limited: of ten thousand each one sends little. */
const FLOODS = [
  { sources: 1, count: 3_000, perSecond: 1_000, maxFailures: 10 },
  { sources: 100, count: 6_000, perSecond: 2_000, maxFailures: 10 },
  { sources: 10_000, count: 12_000, perSecond: 2_000, maxFailures: 0 },
] as const;

for (const { sources, count, perSecond, maxFailures } of FLOODS) {
  const from = `${sources} invented ${sources === 1 ? "sender" : "senders"}`;
  scenario(
    `a flood from ${from} is held back, and disturbs no phone`,
    {
      uses: {
        pbx: realPbx({ phones: 3 }),
        bans: sipban({ challengeS: 1, maxFailures, scanTargets: 0, limitS: 30 }),
      },
      timeout: seconds(120),
    },
    async ({ pbx, bans }) => {
      const house = await houseOf(pbx);
      const outside = await pbx.site("attackers", { outside: true });
      const { sent } = await step(
        "flood",
        () => undisturbed(house, () => floodFrom(pbx, outside, { sources, count, perSecond })),
      );
      await expect(bans.decisions).toHappen({
        kind: "limit",
        where: ({ host }) => host.startsWith("100.64.") && (sources > 1 || host === FIRST_INVENTED),
        within: LIMIT,
      });
      const { sipban_filtered_packets_total: dropped = 0, ...all } = await bans.metrics();
      measure("dropped by the filter", dropped, { unit: "" });
      measure("its senders that are limited", all['sipban_decisions_total{type="limit"}']!, {
        unit: "",
      });
      measure("packets that the daemon lost", all['sipban_kernel_drops_total{interface="eth0"}']!, {
        unit: "",
        within: { max: 0 },
      });
      // One sender's flood is cut off soon; those of ten thousand send once or twice each.
      if (sources === 1) expect(dropped > sent / 4, "that most of it was dropped").toBe(true);
      expect(await bans.list(), "bans of whom nobody has proved to be there").toEqual([]);
      const limited = bans.decisions.occurrences.filter(({ kind }) => kind === "limit");
      expect(
        limited.filter(({ data }) => !data.host.startsWith("100.64.")),
        "limits of others",
      ).toEqual([]);
    },
  );
}

scenario(
  "SIPp, which answers challenges, is banned while it floods, and disturbs no phone",
  { uses: { pbx: realPbx({ phones: 3 }), bans: sipban() }, timeout: seconds(90) },
  async ({ pbx, bans }) => {
    const house = await houseOf(pbx);
    const outside = await pbx.site("attacker", { outside: true });
    const folder = await Deno.makeTempDir();
    try {
      const sipp = await sippGuesses(pbx, outside, { rate: 200, folder });
      try {
        await undisturbed(house, async () => {
          await banned(bans, outside.seenAs[0]!);
          await pbx.wait(seconds(2));
        });
      } finally {
        await sipp.end();
      }
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
    const { sipban_filtered_packets_total: dropped = 0 } = await bans.metrics();
    expect(await bans.filtered(), "the filter").toEqual([outside.seenAs[0]!]);
    measure("dropped by the filter", dropped, { unit: "", within: { min: 100 } });
    const [ban] = bans.decisions.occurrences.filter(({ kind }) => kind === "ban");
    measure("from the failure to the ban in force", ban!.data.latencyMs, { unit: "ms" });
  },
);

scenario(
  "an attack that is slow and spread over thirty hosts is reported, and who goes on is banned",
  {
    uses: { pbx: pbx({ phones: 3 }), bans: sipban({ windowS: 3600, userHosts: 25 }) },
    timeout: seconds(120),
  },
  async ({ pbx, bans }) => {
    const sites = await Promise.all(
      Array.from({ length: 30 }, (_, n) => pbx.site(`attacker ${n}`, { outside: true })),
    );
    const attackers = await Promise.all(
      sites.map((site) => site.phone("1001", { password: "guess" })),
    );
    await times(3, async () => {
      for (const attacker of attackers) {
        await guess(attacker, 1);
        // Each comes back every five minutes, where that takes no time.
        if (pbx.clock.virtual) await pbx.wait(seconds(10));
      }
    });
    await expect(bans.decisions).toHappen({
      kind: "alert",
      where: ({ rule, count }) => rule === "distributed" && count === 26,
      within: LIMIT,
    });
    expect(await bans.list(), "bans of whom have failed three times").toEqual([]);
    await guess(attackers[7]!, 8);
    await banned(bans, sites[7]!.seenAs[0]!);
    expect((await bans.list()).map(({ target }) => target), "who is banned")
      .toEqual([sites[7]!.seenAs[0]!]);
  },
);
