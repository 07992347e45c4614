import { deepEqual, equal, match, rejects } from "node:assert/strict";
import { Project } from "../../runner/_fixture.ts";
import { TraceWriter } from "../../trace/mod.ts";
import { HEADER, tx } from "../_samples.ts";
import { redrive, type RedrivenOn } from "./redrive.ts";

/** A lamp on the host's clock, with a console that echoes in capitals. */
const LAMP = `export default defineTarget({
  title: "a lamp",
  offers: (options) => options.offers ?? [],
  availability: () => ({ ok: true }),
  start({ timeline, options }) {
    const clock = timeline.clock;
    const lamp = timeline.signal("lamp", { clock });
    const say = (dir, text) => timeline.record({ type: "bytes", channel: "com1", dir, text });
    return Promise.resolve({
      console: {
        name: "com1",
        async write(text) {
          say("tx", text);
          say("rx", options.mute ? "?\\n" : text.toUpperCase());
        },
      },
      async shine(level) {
        if (level > 9) throw new RangeError("too bright");
        lamp.emit("level", { level: options.dim && level > 5 ? level - 1 : level });
        return { level };
      },
    });
  },
});`;

const SCENARIO =
  `scenario("shines", { uses: { lamp: need("lamp", { requires: REQUIRES }) } }, async ({ lamp }) => {
  for (let level = 1; level < 8; level++) await lamp.shine(level);
  await lamp.shine(10).catch(() => {});
  await lamp.console.write("bye\\n");
});`;

const ROLES = {
  lamp: {
    real: "lamp.ts",
    same: "lamp.ts",
    dim: `lamp.ts?{"dim":true}`,
    plain: `lamp.ts?{"offers":[]}`,
  },
};

async function project(
  body: (
    project: Project,
    again: (trace: string, target: string) => Promise<RedrivenOn & { exitCode: number }>,
  ) => Promise<void>,
  requires = "[]",
) {
  const files = { "lamp.ts": LAMP, "shine.scenario.ts": SCENARIO.replace("REQUIRES", requires) };
  await Project.with(files, async (project) => {
    await body(project, async (trace, target) => {
      const { drives, exitCode } = await redrive({
        trace,
        root: project.root,
        bench: project.bench,
        use: new Map([["lamp", [target]]]),
        reports: `${project.root}/again`,
        argv: [],
        reporters: [],
      });
      return { ...drives[0]!, exitCode };
    });
  }, ROLES);
}

Deno.test("a trace is driven into other targets: one that does the same, and one that does not", () =>
  project(async (project, again) => {
    const { results } = await project.run();
    const trace = `${project.root}/${results[0]!.attempts[0]!.trace}`;
    const same = await again(trace, "same");
    equal(same.alignment?.first, undefined);
    deepEqual([same.exitCode, same.driven?.made, same.driven?.troubles], [0, 9, []]);
    const dim = await again(trace, "dim");
    equal(dim.exitCode, 1);
    equal(dim.alignment?.first?.after?.a.text, "lamp.shine(6)");
    deepEqual(dim.alignment?.first?.b.map(({ text }) => text), ["level level=5"]);
  }));

Deno.test("a target that has not what the scenario needs is skipped, and nothing is aligned", () =>
  project(async (project, again) => {
    const writer = TraceWriter.create(`${project.root}/then/trace.jsonl`, {
      ...HEADER,
      uses: { lamp: { role: "lamp", requires: ["colour"], options: {} } },
    });
    writer.append({ type: "call", id: 1, on: "lamp", method: "shine", args: [1] }, { t: 1 });
    writer.close();
    const { result, alignment, exitCode } = await again(
      `${project.root}/then/trace.jsonl`,
      "plain",
    );
    deepEqual([result.outcome, alignment, exitCode], ["skipped", undefined, 3]);
    match(result.skip?.reason ?? "", /does not offer colour/);
  }));

Deno.test("of an imported log, what was sent is sent again", () =>
  project(async (project, again) => {
    const path = `${project.root}/log/trace.jsonl`;
    const writer = TraceWriter.create(path, { ...HEADER, targets: { lamp: { target: "log" } } });
    writer.append(tx("hello\n"), { t: 1 });
    writer.append({ ...tx("HELLO\n"), dir: "rx" } as never, { t: 2 });
    writer.close();
    const { alignment, driven } = await again(path, "same");
    deepEqual([driven?.made, alignment?.first], [1, undefined]);
    equal(alignment?.pairs.length, 2);
  }));

Deno.test("a target that the bench does not have is refused", () =>
  project(async (project, again) => {
    const { results } = await project.run();
    const trace = `${project.root}/${results[0]!.attempts[0]!.trace}`;
    await rejects(again(trace, "rael"), {
      name: "UsageError",
      message: /"lamp=rael".*choose among/,
    });
  }));
