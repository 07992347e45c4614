import assert from "node:assert/strict";
import { failureIn, outcomes, PLAIN_TARGET, Project } from "./_fixture.ts";
import { listScenarios, UsageError } from "./mod.ts";
import type { RunOptions } from "./options.ts";

const MISSING = `export default defineTarget({
  title: "wants a tool", offers: [],
  tools: [{ command: "frob", debianPackage: "frobnicate", purpose: "frobs" }],
  availability: () => {
    try {
      Deno.statSync("ROOT/installed");
      return { ok: true };
    } catch {
      return { ok: false, reason: "frob is not there", remedy: "install it" };
    }
  },
  start: () => Promise.resolve({}),
});`;

const ROLES = { board: { sim: "sim.ts", lab: "lab.ts" } };

async function needing(uses: string, body: (project: Project) => Promise<void>): Promise<void> {
  await Project.with({
    "a.scenario.ts": `scenario("needs", { uses: ${uses}, tags: ["slow"] }, () => {});
    scenario("needs nothing", { uses: {} }, () => {});`,
    "sim.ts": PLAIN_TARGET,
  }, async (project) => {
    project.write({ "lab.ts": MISSING.replace("ROOT", project.root) });
    await body(project);
  }, ROLES);
}

Deno.test("a role that the bench does not have is a skip with reason and remedy", async () => {
  await needing(`{ lamp: need("lamp") }`, async (project) => {
    const run = await project.run();
    assert.deepEqual(outcomes(run), { needs: "skipped", "needs nothing": "passed" });
    assert.deepEqual(run.results[0]!.skip, {
      reason: 'the bench "test" has no role "lamp"; its roles are board',
      remedy: `add the role to ${project.root}/bench.yaml, or give --bench FILE`,
    });
    assert.equal(run.exitCode, 0);
    assert.equal((await project.run({ requireAll: true })).exitCode, 3);
  });
});

Deno.test("what a target does not offer is a skip that names the target that does", async () => {
  await needing(`{ board: need("board", { requires: ["plain"] }) }`, async (project) => {
    assert.equal((await project.run()).results[0]!.outcome, "passed");
    const run = await project.run({ use: new Map([["board", ["lab"]]]) });
    assert.deepEqual(run.results[0]!.skip, {
      reason: 'the target "lab" does not offer plain',
      remedy: "give --use board=sim",
    });
    project.write({
      "sim.ts": PLAIN_TARGET.replace("offers:", 'argument: "FILE", offers:'),
    });
    const again = await project.run({ use: new Map([["board", ["lab"]]]) });
    assert.equal(again.results[0]!.skip?.remedy, "give --use board=sim:FILE");
  });
});

Deno.test("of a default list those play that offer what is needed; who is named says why not", async () => {
  await needing(`{ board: need("board", { requires: ["plain"] }) }`, async (project) => {
    const board = { ...project.bench.roles.get("board")!, default: ["lab", "sim"] };
    const bench = { ...project.bench, roles: new Map([["board", board]]) };
    const targets = async (options: Partial<RunOptions>) => {
      const { results } = await project.run({ bench, ...options });
      return results.filter(({ name }) => name === "needs").map(({ targets }) => targets.board);
    };
    assert.deepEqual(await targets({}), ["sim"]);
    assert.deepEqual(await targets({ use: new Map([["board", ["lab", "sim"]]]) }), ["lab", "sim"]);
    const { scenarios } = await listScenarios(project.options({ bench }));
    assert.deepEqual(scenarios.map(({ targets }) => targets.board), ["sim", undefined]);
  });
});

Deno.test("when nobody of a default list offers what is needed, each says so", async () => {
  await needing(`{ board: need("board", { requires: ["pin 60"] }) }`, async (project) => {
    const board = { ...project.bench.roles.get("board")!, default: ["lab", "sim"] };
    const bench = { ...project.bench, roles: new Map([["board", board]]) };
    const { results } = await project.run({ bench });
    const reasons = results.map(({ skip }) => skip?.reason);
    assert.deepEqual(reasons.slice(0, 2), [
      'the target "lab" does not offer pin 60',
      'the target "sim" does not offer pin 60',
    ]);
  });
});

Deno.test("what a target offers may depend on its options", async () => {
  await needing(`{ board: need("board", { requires: ["pin 60"] }) }`, async (project) => {
    const offering = (what: string) =>
      PLAIN_TARGET.replace('["plain"]', `({ wired = ["${what}"] }) => wired`);
    project.write({ "sim.ts": offering("pin 60") });
    assert.equal((await project.run()).results[0]!.outcome, "passed");
    project.write({ "sim.ts": offering("pin 61") });
    const { skip } = (await project.run()).results[0]!;
    assert.equal(skip?.reason, 'the target "sim" does not offer pin 60');
  });
});

Deno.test("an option that a target refuses is told with the bench file and the place in it", async () => {
  await needing(`{ board: need("board") }`, async (project) => {
    const refusal =
      `() => { throw new TypeError("Cannot use the option a of the bench file: no") }`;
    project.write({ "sim.ts": PLAIN_TARGET.replace('["plain"]', refusal) });
    assert.match(
      failureIn(await project.run(), "needs").message,
      /a of the bench file: no\n {2}in the target "sim" of the role "board" of .*bench\.yaml$/,
    );
  });
});

Deno.test("a target that this machine cannot offer is a skip, unless it can be installed", async () => {
  await needing(`{ board: need("board") }`, async (project) => {
    const use = new Map([["board", ["lab"]]]);
    const asked: string[][] = [];
    const refused = await project.run({
      use,
      repeat: 2,
      install: (tools) => {
        asked.push(tools.map(({ command }) => command));
        return Promise.resolve(false);
      },
    });
    assert.deepEqual(asked, [["frob"]]);
    assert.deepEqual(refused.results[0]!.skip, {
      reason: "frob is not there",
      remedy: "install it",
    });
    const done = await project.run({
      use,
      install: (_, progress) => {
        progress("installing frob");
        Deno.writeTextFileSync(`${project.root}/installed`, "");
        return Promise.resolve(true);
      },
    });
    assert.equal(done.results[0]!.outcome, "passed");
    assert.ok(project.recorder.lines.includes("progress installing frob"));
  });
});

Deno.test("nothing is prepared for what is skipped, and once for what is not", async () => {
  await Project.with({
    "a.scenario.ts": `scenario("a", { uses: { board: need("board") } }, () => {});
    scenario("b", { uses: { board: need("board") } }, () => {});
    scenario("c", { uses: { lamp: need("lamp", { requires: ["light"] }) } }, () => {});`,
    "sim.ts": `export default defineTarget({
      title: "", offers: [], start: () => Promise.resolve({}), availability: () => ({ ok: true }),
      prepare: async (options, progress) => progress("building " + JSON.stringify(options)),
    });`,
  }, async (project) => {
    await project.run({ jobs: 2 });
    assert.deepEqual(project.recorder.of("progress"), [`building {"a":1}`]);
  }, { board: { sim: `sim.ts?{"a":1}` }, lamp: { sim: `sim.ts?{"a":2}` } });
});

Deno.test("what a target cannot get when it is prepared skips its scenarios, with the remedy", async () => {
  await Project.with({
    "a.scenario.ts": `scenario("a", { uses: { board: need("board") } }, () => {});
    scenario("b", { uses: {} }, () => {});`,
    "sim.ts": `export default defineTarget({
      title: "", offers: [], start: () => Promise.resolve({}), availability: () => ({ ok: true }),
      prepare: async () => ({ ok: false, reason: "no network", remedy: "plug it in" }),
    });`,
  }, async (project) => {
    const { results } = await project.run();
    assert.deepEqual(
      results.map(({ outcome, skip }) => [outcome, skip]),
      [["skipped", { reason: "no network", remedy: "plug it in" }], ["passed", undefined]],
    );
  }, { board: { sim: "sim.ts" } });
});

Deno.test("a list has all scenarios, why some would not run, and what does not load", async () => {
  await needing(`{ lamp: need("lamp") }`, async (project) => {
    project.write({ "b.scenario.ts": `throw new Error("no");` });
    const { scenarios, problems } = await listScenarios(project.options());
    assert.deepEqual(scenarios.map(({ id, tags, skip }) => [id, tags, skip !== undefined]), [
      ["a.scenario.ts#needs", ["slow"], true],
      ["a.scenario.ts#needs nothing", [], false],
    ]);
    assert.match(problems[0]!.message, /^Cannot load the scenario file "b.scenario.ts": no$/);
    assert.throws(() => Deno.statSync(`${project.root}/reports`), Deno.errors.NotFound);
  });
});

Deno.test("options that mean nothing are wrong usage, with the remedy", async () => {
  await needing("{}", async (project) => {
    const message = async (options: Parameters<Project["run"]>[0]) => {
      const error = await project.run(options).then(() => undefined, (error) => error);
      assert.ok(error instanceof UsageError, `${error}`);
      return error.message;
    };
    assert.equal(
      await message({ grep: /nowhere/ }),
      'Cannot find a scenario by --grep "nowhere": none of 2 has it in its name or tags; ' +
        "see their names with --list",
    );
    assert.match(
      await message({ use: new Map([["lamp", ["x"]]]) }),
      /^Cannot use "lamp=x": the bench "test" has no role "lamp"; its roles are board$/,
    );
    assert.match(
      await message({ use: new Map([["board", ["x"]]]) }),
      /^Cannot use "board=x": the bench "test" has no such target for it; choose among sim, lab/,
    );
    assert.match(await message({ files: ["gone"] }), /^Cannot run the scenarios of "gone": it is/);
    await Deno.writeTextFile(`${project.root}/none.scenario.ts`, "");
    assert.match(
      await message({ files: ["none.scenario.ts"] }),
      /^Cannot run the scenarios of "none.scenario.ts": none is declared there; call scenario\(/,
    );
  });
});

Deno.test("what is behind a target's colon comes as an option, and is shown with its name", async () => {
  await Project.with({
    "a.scenario.ts": `scenario("needs", { uses: { board: need("board") } }, ({ board }) => {
      expect(board.target).toBe("sim:a:b");
      expect(board.options.argument).toBe("a:b");
      expect(board.options.baudHz).toBe(9);
    });`,
    "sim.ts": PLAIN_TARGET.replace("offers:", 'argument: "FILE", offers:'),
    "lab.ts": PLAIN_TARGET,
  }, async (project) => {
    const run = await project.run({ use: new Map([["board", ["sim:a:b"]]]) });
    assert.deepEqual(outcomes(run), { needs: "passed" });
    assert.deepEqual(run.results[0]!.targets, { board: "sim:a:b" });
    const refused = await project.run({ use: new Map([["board", ["lab:x"]]]) });
    assert.equal(
      failureIn(refused, "needs").message,
      'Cannot use the target "board=lab:x": it takes no argument; write "board=lab"',
    );
  }, { board: { sim: 'sim.ts?{"baudHz":9}', lab: "lab.ts" } });
});
