import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { flakeAccount, flakesOf, streakOf, type Trial } from "./flakes.ts";
import { isAbout, quarantineOf, quarantineText, removable } from "./quarantine.ts";
import { parseQuarantine, QuarantineError, readQuarantine } from "./quarantine_file.ts";

const TODAY = "2026-11-25";
const GOOD = `
flakes: { budget: 5 %, of: 40 }
removable-after: 7
quarantine:
  - scenario: a call is parked *
    targets: [pbx=asterisk16, pbx=asterisk22, phone=sip]
    owner: anna
    reason: the answer is lost now and then
    issue: 12
    expires: 2026-12-24
  - scenario: scenarios/sipban/floods.scenario.ts
    owner: bo
    reason: slow
    issue: "#13"
    expires: 2026-11-24
`;

const parse = (text: string) => parseQuarantine(text, { shown: "q.yaml", today: TODAY });

function scenario(name: string, targets: Record<string, string> = {}, file = "a.scenario.ts") {
  return { id: `${file}#${name}`, name, file, targets };
}

Deno.test("a quarantine file is read with its lines", () => {
  const { file, entries, flakes, removableAfter } = parse(GOOD);
  deepEqual([file, flakes, removableAfter], ["q.yaml", { share: 0.05, of: 40 }, 7]);
  deepEqual(entries[0], {
    scenario: "a call is parked *",
    targets: ["pbx=asterisk16", "pbx=asterisk22", "phone=sip"],
    owner: "anna",
    reason: "the answer is lost now and then",
    issue: "#12",
    expires: "2026-12-24",
    line: 5,
  });
  deepEqual(entries.map(({ line }) => line), [5, 11]);
});

Deno.test("an entry is about names, files and ids, with * for any text, and about targets", () => {
  const quarantine = parse(GOOD);
  const on = (pbx: string) => scenario("a call is parked twice", { pbx, phone: "sip" });
  equal(quarantineOf(quarantine, on("asterisk16"), TODAY)?.owner, "anna");
  equal(quarantineOf(quarantine, on("asterisk22"), TODAY)?.owner, "anna");
  equal(quarantineOf(quarantine, on("chan_sip"), TODAY), undefined);
  equal(
    quarantineOf(quarantine, scenario("a call is parked twice", { pbx: "asterisk16" }), TODAY),
    undefined,
  );
  const floods = scenario("any", {}, "scenarios/sipban/floods.scenario.ts");
  equal(quarantineOf(quarantine, floods, TODAY)?.owner, "bo");
  const [entry] = quarantine.entries;
  const about = (pattern: string, name: string) =>
    isAbout({ ...entry!, scenario: pattern }, scenario(name));
  ok(about("a.scenario.ts#one", "one"));
  ok(about("*(x) [y]*", "the (x) [y] of z"));
  ok(!about("on", "one"), "a part of a name is not meant");
  ok(!about("o.e", "one"), "only * is special");
  ok(!about("*", "(file)"), "a file that cannot be loaded is never excused");
});

Deno.test("the day that is named is the last one", () => {
  const quarantine = parse(GOOD);
  const parked = scenario("a call is parked twice", { pbx: "asterisk16", phone: "sip" });
  equal(quarantineOf(quarantine, parked, "2026-12-24")?.expired, false);
  const after = quarantineOf(quarantine, parked, "2026-12-25")!;
  equal(after.expired, true);
  equal(
    quarantineText(after),
    "quarantine expired after 2026-12-24, so it fails again (anna, #12): " +
      "the answer is lost now and then",
  );
});

Deno.test("all that is wrong with a file is told, with line, column and remedy", () => {
  const bad = `
quarantin: []
flakes: { budget: 200 %, off: 3 }
removable-after: never
quarantine:
  - scenario: x
    owner: anna
    raeson: forgotten
    issue: 1
    expires: 24.12.2026
  - owner: bo
    reason: y
    issue: 2
    expires: 2031-01-01
    scenario: ""
    targets: [asterisk]
`;
  throws(() => parse(bad), (error: QuarantineError) => {
    equal(
      error.message,
      [
        'Cannot use the quarantine "q.yaml": it has 9 problems; correct them:',
        '  q.yaml:2:1: a quarantine file has no key "quarantin"; did you mean "quarantine"?',
        '  q.yaml:3:19: "budget" is no share from 0 % to 100 %; write for example "budget: 2 %"',
        '  q.yaml:3:26: "flakes" has no key "off"; did you mean "of"?',
        '  q.yaml:4:18: "removable-after" is no whole number from 1 to 10000; write one',
        '  q.yaml:8:5: an entry has no key "raeson"; did you mean "reason"?',
        '  q.yaml:10:14: "24.12.2026" is no day; write it as YYYY-MM-DD, as in "2026-11-25"',
        '  q.yaml:14:14: "2031-01-01" is more than a year away; choose a day on which to look again',
        '  q.yaml:15:15: "scenario" is no text; write one, in quotes if it has a # or a colon',
        '  q.yaml:16:15: a target is no ROLE=TARGET; write for example "board=lab"',
      ].join("\n"),
    );
    return true;
  });
  throws(() => parse("- a"), /q\.yaml:1:1: a quarantine file is no map; write "quarantine: …"/);
  throws(() => parse(""), /the file is empty; write "quarantine: \[\]"/);
  throws(() => parse("quarantine: [{scenario: x}]"), /needs the key "owner"; write it/);
  deepEqual(parse("quarantine: []").entries, []);
});

Deno.test("a quarantine file that is not there is named", async () => {
  await readQuarantine("/nowhere/q.yaml", { today: TODAY }).then(
    () => ok(false),
    ({ message }) =>
      equal(
        message,
        'Cannot use the quarantine "/nowhere/q.yaml": there is no such file; check the path',
      ),
  );
});

Deno.test("an entry that matches nothing, or only what passes, can be removed", () => {
  const quarantine = parse(GOOD);
  const parked = scenario("a call is parked twice", { pbx: "asterisk16", phone: "sip" });
  const floods = scenario("any", {}, "scenarios/sipban/floods.scenario.ts");
  const why = (known: typeof parked[] | undefined, streak: number | undefined) =>
    removable(quarantine, known, [parked], () => streak).map((one) => [one.entry.line, one.why]);
  deepEqual(why([parked, floods], 6), []);
  deepEqual(why([parked, floods], 7), [[5, "what it matches has passed 7 times in a row"]]);
  deepEqual(why([parked], 0), [[11, "it matches no scenario"]]);
  deepEqual(why(undefined, undefined), []);
});

Deno.test("flakes are retries that passed, and failures at a commit that has passed too", () => {
  const trials: Trial[] = [
    { verdict: "failed", commit: "a" },
    { verdict: "passed", commit: "a" },
    { verdict: "failed", commit: "b" },
    { verdict: "flaky", commit: "c" },
    { verdict: "failed" },
    { verdict: "passed" },
    { verdict: "failed", commit: "d", seed: 1 },
    { verdict: "passed", commit: "d", seed: 2 },
    { verdict: "failed", commit: "d", seed: 2 },
  ];
  deepEqual(flakesOf(trials), [true, false, false, true, false, false, false, false, true]);
});

Deno.test("a budget bears its share of the results it is for, also while there are fewer", () => {
  const budget = { share: 0.02, of: 50 };
  const passed = (count: number) => Array<Trial>(count).fill({ verdict: "passed" });
  const flaky: Trial = { verdict: "flaky" };
  equal(flakeAccount([flaky], budget).over, false);
  equal(flakeAccount([flaky, ...passed(3), flaky], budget).over, true);
  const { flakes, results, over } = flakeAccount([flaky, flaky, ...passed(49)], budget);
  deepEqual([flakes, results, over], [1, 50, false]);
  equal(flakeAccount([flaky, { verdict: "skipped" }], budget).results, 1);
});

Deno.test("a streak is of passes up to now; a flake and a failure end it, a skip does not", () => {
  const streak = (...verdicts: Trial["verdict"][]) =>
    streakOf(verdicts.map((verdict) => ({ verdict })));
  equal(streak("passed", "failed", "passed", "skipped", "passed"), 2);
  equal(streak("passed", "flaky"), 0);
  equal(streak("passed", "passed"), 2);
  equal(streak("skipped"), undefined);
});
