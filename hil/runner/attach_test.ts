import assert from "node:assert/strict";
import { outcomes, Project } from "./_fixture.ts";

Deno.test("what a scenario attaches is kept with its trace and shown in the JUnit report", async () => {
  await Project.with({
    "a.scenario.ts": `import { attach } from "hil";
    scenario("draws", { uses: {} }, () => {
      attach("ages.svg", "<svg/>", { title: "the ages" });
      attach("dump.bin", new Uint8Array([1, 2]), { title: "a dump" });
    });
    scenario("attaches badly", { uses: {} }, () => {
      const errors: string[] = [];
      for (const name of ["../a.svg", "trace.jsonl", "", "twice", "twice"]) {
        try {
          attach(name, "", { title: "bad" });
        } catch (error) { errors.push((error as Error).message); }
      }
      console.log(errors.join("\\n"));
    });`,
  }, async (project) => {
    const run = await project.run();
    assert.deepEqual(outcomes(run), { draws: "passed", "attaches badly": "passed" });
    const [draws, badly] = run.results.map(({ attempts }) => attempts[0]!);
    const folder = draws!.trace.replace("/trace.jsonl", "");
    assert.deepEqual(draws!.attachments, [
      { path: `${folder}/ages.svg`, title: "the ages" },
      { path: `${folder}/dump.bin`, title: "a dump" },
    ]);
    const read = (name: string) => Deno.readFileSync(`${project.root}/${folder}/${name}`);
    assert.equal(new TextDecoder().decode(read("ages.svg")), "<svg/>");
    assert.deepEqual(read("dump.bin"), new Uint8Array([1, 2]));
    const junit = Deno.readTextFileSync(`${project.root}/reports/junit.xml`);
    assert.ok(junit.includes(`[[ATTACHMENT|${folder}/ages.svg]]`));
    const form = "it is no plain file name of its own; " +
      'give letters, digits, ".", "_" and "-", such as ages.svg';
    assert.deepEqual(badly!.output.split("\n"), [
      `Cannot attach "../a.svg": ${form}`,
      `Cannot attach "trace.jsonl": ${form}`,
      `Cannot attach "": ${form}`,
      'Cannot attach "twice": there is one of that name; give another name',
    ]);
  });
});
