/**
 * The examples of ci/ do what they say: their shell parts run as they stand, in a clone of the project,
 * with what each system calls them by. That takes some seconds: each runs the harness as CI does.
 */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";

const ROOT = fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, "");

interface GitlabJob {
  readonly script: readonly string[];
  readonly artifacts: { readonly paths: readonly string[]; readonly reports: { junit: string } };
}
interface GithubStep {
  readonly uses?: string;
  readonly run?: string;
  readonly with?: { readonly path?: string; readonly report_paths?: string };
}

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

async function sh(command: string, args: string[], options: Deno.CommandOptions = {}) {
  const { code, stdout, stderr } = await new Deno.Command(command, {
    args,
    stdin: "null",
    ...options,
  }).output();
  return { code, out: text(stdout), err: text(stderr) };
}

/** Whether a program is there, and the project is a clone that can be cloned. */
async function lacks(): Promise<string | undefined> {
  const git = await sh("git", ["-C", ROOT, "rev-parse", "HEAD"]).catch(() => undefined);
  if (!git) return "there is no git; apt-get install git";
  if (git.code !== 0) return "this is no clone of a repository; run the tests in one";
}

/** A clone with what has been changed and not committed, and a PATH that has `deno`. */
async function withClone(body: (clone: Clone) => Promise<void>) {
  const path = await Deno.makeTempDir({ prefix: "hil-ci-" });
  try {
    const clone = `${path}/project`;
    const { code, err } = await sh("git", ["clone", "-q", "--shared", ROOT, clone]);
    assert.equal(code, 0, err);
    const changed = await sh("git", ["-C", ROOT, "ls-files", "-mo", "--exclude-standard"]);
    for (const file of changed.out.split("\n").filter((line) => line !== "")) {
      const to = `${clone}/${file}`;
      await Deno.mkdir(to.slice(0, to.lastIndexOf("/")), { recursive: true });
      await Deno.copyFile(`${ROOT}/${file}`, to).catch(() => {}); // It has been deleted.
    }
    await Deno.mkdir(`${path}/bin`);
    await Deno.symlink(Deno.execPath(), `${path}/bin/deno`);
    const info = JSON.parse((await sh(Deno.execPath(), ["info", "--json"])).out);
    const env = {
      PATH: `${path}/bin:${Deno.env.get("PATH")}`,
      INIT_CWD: "", // Of whoever runs the tests.
      DENO_DIR: info.denoDir,
      GITHUB_STEP_SUMMARY: `${path}/step_summary.md`,
      HIL_BENCH: "fixtures/benches/emulated.yaml",
      // A quick part of all.
      HIL_FILES: "scenarios/diskcache/eviction.scenario.ts --use diskcache=model --jobs 1",
      HIL_BUDGET: "1h",
      HIL_KEEP: "1GB",
      NO_COLOR: "1",
    };
    await body({ path: clone, env });
  } finally {
    await Deno.remove(path, { recursive: true });
  }
}

interface Clone {
  readonly path: string;
  readonly env: Readonly<Record<string, string>>;
}

async function runScript(script: string, { path, env }: Clone) {
  const passes = script.includes("task nightly") ? " --passes 1" : "";
  const { code, out, err } = await sh("bash", ["-eo", "pipefail", "-c", script], {
    cwd: path,
    env: { ...env, HIL_FILES: env.HIL_FILES + passes },
  });
  assert.equal(code, 0, `${script}\n${out}\n${err}`);
}

async function assertThere(root: string, paths: readonly string[]) {
  for (const path of paths) {
    const found = await Deno.stat(`${root}/${path}`).catch(() => undefined);
    assert.ok(found, `an artifact that is not there: ${path}`);
    if (path.endsWith("/")) {
      assert.ok(found.isDirectory && [...Deno.readDirSync(`${root}/${path}`)][0]);
    }
  }
}

async function assertJunit(root: string, path: string) {
  const xml = await Deno.readTextFile(`${root}/${path}`);
  assert.match(
    xml,
    /<testcase classname="diskcache\.model\.eviction" name="[^"]+" file="scenarios/,
  );
}

const reason = await lacks();
const read = (name: string) => Deno.readTextFile(`${ROOT}/ci/${name}`);

async function gitlab(clone: Clone) {
  const file = parse(await read("gitlab-ci.yml"));
  assert.deepEqual(file.nightly.allow_failure, { exit_codes: [4] });
  for (const job of [file.scenarios, file.nightly] as GitlabJob[]) {
    await runScript(job.script.join("\n"), clone);
    await assertThere(clone.path, job.artifacts.paths);
    await assertJunit(clone.path, job.artifacts.reports.junit);
  }
}

async function github(clone: Clone) {
  const { jobs } = parse(await read("github-actions.yml"));
  for (const { steps } of Object.values(jobs) as { steps: GithubStep[] }[]) {
    for (const { run, uses = "", with: options = {} } of steps) {
      if (run) await runScript(run, clone);
      if (uses.startsWith("actions/upload-artifact@")) {
        await assertThere(clone.path, options.path!.trim().split("\n"));
      }
      if (options.report_paths) await assertJunit(clone.path, options.report_paths);
    }
  }
  const summary = await Deno.readTextFile(clone.env.GITHUB_STEP_SUMMARY!);
  assert.match(summary, /^# ✅ all \d+ scenarios passed\n/);
}

async function jenkins(clone: Clone) {
  const file = await read("Jenkinsfile");
  const scripts = [...file.matchAll(/'''(.*?)'''/gs)]
    .map(([, script]) => script!.replaceAll("\\\\", "\\")); // As Groovy reads it.
  assert.equal(scripts.length, 1);
  await runScript(scripts[0]!, clone);
  const [, junit] = file.match(/junit testResults: '(.*?)'/)!;
  await assertJunit(clone.path, junit!);
  const [, archived] = file.match(/artifacts: '(.*?)'/)!;
  await assertThere(clone.path, archived!.split(", ").map((path) => path.replace("**", "")));
}

const EXAMPLES = { GitLab: gitlab, GitHub: github, Jenkins: jenkins };

Deno.test({
  name: "the jobs for CI run, and leave the artifacts and JUnit reports that they name" +
    (reason ? ` (skipped: ${reason})` : ""),
  ignore: reason !== undefined,
  fn: (context) =>
    withClone(async (clone) => {
      for (const [name, run] of Object.entries(EXAMPLES)) {
        await context.step(name, async () => {
          const left = `${clone.path}/reports`;
          await Deno.remove(left, { recursive: true }).catch(() => {}); // The first has none.
          await Deno.mkdir(left);
          await run(clone);
        });
      }
    }),
});

const analyze = await sh("systemd-analyze", ["--version"]).catch(() => undefined);

Deno.test({
  name: "systemd takes the service and the timer" +
    (analyze ? "" : " (skipped: there is no systemd-analyze; apt-get install systemd)"),
  ignore: !analyze,
  async fn() {
    const folder = await Deno.makeTempDir({ prefix: "hil-systemd-" });
    try {
      for (const kind of ["service", "timer"]) {
        const unit = await read(`systemd/hil-nightly@.${kind}`);
        await Deno.writeTextFile(`${folder}/hil-nightly@lab.${kind}`, unit);
      }
      const verify = async () =>
        await sh("systemd-analyze", [
          ...["verify", "--man=no"],
          `${folder}/hil-nightly@lab.service`,
          `${folder}/hil-nightly@lab.timer`,
        ]);
      const { code, out, err } = await verify();
      // Of a bad line in a section it only tells.
      assert.deepEqual({ code, said: (out + err).trim() }, { code: 0, said: "" });
      const service = `${folder}/hil-nightly@lab.service`;
      await Deno.writeTextFile(service, "[Service]\nExecStrat=/bin/true\n", { append: true });
      assert.match((await verify()).err, /Unknown key .ExecStrat/, "what is wrong is told");
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});
