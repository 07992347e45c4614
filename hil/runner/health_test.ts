import assert from "node:assert/strict";
import { readTrace } from "../trace/mod.ts";
import { outcomes, Project } from "./_fixture.ts";
import { checkHealth } from "./health.ts";
import { Lease } from "./lease.ts";

/** A target whose `start` and `health` are these. */
const target = (start: string, health = "", more = "") =>
  `export default defineTarget({
    title: "a lamp", offers: [], availability: () => ({ ok: true }), ${more}
    start: async (context) => { ${start} return { on: true }; },
    ${health && `health: async (lamp, { options, signal }) => { ${health} },`}
  });`;

const LAMPS = {
  "well.ts": target(
    "",
    `if (!lamp.on || options.volts !== 5 || signal.aborted) throw new Error();`,
  ),
  "plain.ts": target(`throw new Error("a target that cannot tell is not started");`),
  "dark.ts": target(
    `context.defer("put it out", () => console.log("it was put out"));`,
    `
    throw new Error("no light within 2 s of power on");`,
  ),
  "unstartable.ts": target(`throw new Error("no prompt");`, "lamp.on;"),
  "hung.ts": target("", "await new Promise(() => {});", "healthLimit: ms(50),"),
  "gone.ts": target("", "").replace(
    "({ ok: true })",
    `({ ok: false, reason: "no cable",
    remedy: "plug it in" })`,
  ),
  "broken.ts": `throw new Error("what a module");`,
  "shared.ts": target("", "lamp.on;", `exclusive: "the lamp of health_test",`),
};

Deno.test("each target says whether it is well, and what is dead about it", async () => {
  const lamp = Object.fromEntries(
    Object.keys(LAMPS).map((file) => [file.slice(0, -3), `${file}?{"volts":5}`]),
  );
  await Project.with(LAMPS, async (project) => {
    const targets = [...project.bench.roles.get("lamp")!.targets.values()];
    const traces = `${project.root}/checks`;
    const other = Lease.tryTake("the lamp of health_test") as Lease;
    const told: string[] = [];
    const all = await checkHealth(project.options(), targets, {
      traces,
      onHealth: ({ target }) => told.push(target),
    });
    other.release();
    assert.deepEqual(told, Object.keys(lamp));
    const first = (text: string) => text.split("\n")[0]!;
    assert.deepEqual(
      Object.fromEntries(all.map(({ target, state, reason }) => [target, [state, first(reason)]])),
      {
        well: ["well", ""],
        plain: ["there", ""],
        dark: ["dead", "no light within 2 s of power on"],
        unstartable: ["dead", "no prompt"],
        hung: ["dead", first(all[4]!.reason)],
        gone: ["dead", "no cable"],
        broken: ["dead", first(all[6]!.reason)],
        shared: ["busy", `another run has it, with process id ${Deno.pid}`],
      },
    );
    assert.match(all[4]!.reason, /"health of lamp=hung" .*50 ms/);
    assert.match(all[6]!.reason, /what a module/);
    const path = `${project.root}/${all[2]!.trace}`;
    assert.equal((await readTrace(path)).header.scenario, "health of lamp=dark");
    assert.match(Deno.readTextFileSync(path), /it was put out/);
    const [mine] = await checkHealth(project.options(), targets.slice(-1), {
      traces,
      leased: true,
    });
    assert.equal(mine!.state, "well");
  }, { lamp });
});

Deno.test("scenarios are chosen by id, begin by rank, and are held with the reason", async () => {
  const scenarios = ["a", "b", "c", "d"].map((name) =>
    `scenario("${name}", { uses: {} }, () => {});`
  ).join("\n");
  await Project.with({ "x.scenario.ts": scenarios }, async (project) => {
    const order: string[] = [];
    const run = await project.run({
      only: new Set(["x.scenario.ts#a", "x.scenario.ts#c", "x.scenario.ts#d"]),
      rank: ({ name }) => ({ d: 0, c: 1 })[name] ?? 2,
      hold: ({ name }) => {
        order.push(name);
        const skip = { reason: "it is late", remedy: "come again" };
        return Promise.resolve(name === "c" ? skip : undefined);
      },
    });
    assert.deepEqual(order, ["d", "c", "a"]);
    assert.deepEqual(outcomes(run), { a: "passed", c: "skipped", d: "passed" });
    assert.deepEqual(run.results[1]!.skip, { reason: "it is late", remedy: "come again" });
  });
});
