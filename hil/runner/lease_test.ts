import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { every, ms } from "../time/mod.ts";
import { outcomes, Project } from "./_fixture.ts";
import { clearLeases, Lease, tryTakeAll } from "./lease.ts";

/** Gives `body` the path of a folder of leases that is not there yet, in one that is. */
async function inFolder(
  body: (folder: string, outer: string) => void | Promise<void>,
): Promise<void> {
  const outer = Deno.makeTempDirSync({ prefix: "hil-test-" });
  try {
    await body(`${outer}/leases`, outer);
  } finally {
    Deno.removeSync(outer, { recursive: true });
  }
}

Deno.test("a lease is one at a time, says who has it, and leaves neither file nor folder", async () => {
  await inFolder((folder) => {
    const lease = Lease.tryTake("board/1", folder);
    assert.ok(lease instanceof Lease);
    assert.equal(Lease.tryTake("board/1", folder), Deno.pid);
    const other = Lease.tryTake("board/2", folder);
    assert.ok(other instanceof Lease);
    lease.release();
    const again = Lease.tryTake("board/1", folder);
    assert.ok(again instanceof Lease);
    again.release();
    const left = [...Deno.readDirSync(folder)].map(({ name }) => name);
    assert.deepEqual(left, ["board%2F2"]);
    other.release();
    assert.throws(() => Deno.statSync(folder), Deno.errors.NotFound);
  });
});

Deno.test("a folder of leases that cannot be made is told", async () => {
  await inFolder((_, outer) => {
    Deno.writeTextFileSync(`${outer}/file`, "");
    assert.throws(
      () => Lease.tryTake("board", `${outer}/file/leases`),
      /^Error: Cannot take the lease ".*board": .*; see that its folder is one that everybody may write$/,
    );
  });
});

Deno.test("of several leases one gets all or none", async () => {
  await inFolder((folder) => {
    const b = Lease.tryTake("b", folder) as Lease;
    assert.deepEqual(tryTakeAll(["a", "b"], folder), { name: "b", pid: Deno.pid });
    const a = Lease.tryTake("a", folder);
    assert.ok(a instanceof Lease, "what it had taken is given back");
    a.release();
    b.release();
    const both = tryTakeAll(["a", "b"], folder);
    assert.ok(Array.isArray(both) && both.length === 2);
    both.forEach((lease) => lease.release());
  });
});

Deno.test("the lease of a process that is killed is free again, and its file is cleared away", async () => {
  await inFolder(async (folder, outer) => {
    const script = `
      const { Lease } = await import(${
      JSON.stringify(new URL("./lease.ts", import.meta.url).href)
    });
      Lease.tryTake("board", ${JSON.stringify(folder)});
      console.log("taken");
      setInterval(() => {}, 1000);`;
    Deno.writeTextFileSync(`${outer}/holder.ts`, script);
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", "--allow-read", "--allow-write", `${outer}/holder.ts`],
      stdout: "piped",
    }).spawn();
    await child.stdout.getReader().read();
    assert.equal(Lease.tryTake("board", folder), child.pid);
    clearLeases(folder);
    assert.equal(Lease.tryTake("board", folder), child.pid, "one that is held stays");
    child.kill("SIGKILL");
    await child.status;
    assert.equal([...Deno.readDirSync(folder)].length, 1);
    clearLeases(folder);
    assert.throws(() => Deno.statSync(folder), Deno.errors.NotFound);
  });
});

Deno.test("three processes that take and give back at full speed never have it at once", async () => {
  await inFolder(async (folder, outer) => {
    const lease = JSON.stringify(new URL("./lease.ts", import.meta.url).href);
    Deno.writeTextFileSync(
      `${outer}/racer.ts`,
      `const { Lease } = await import(${lease});
      for (let taken = 0; taken < 400;) {
        const lease = Lease.tryTake("board", ${JSON.stringify(folder)});
        if (typeof lease === "number") continue;
        taken++;
        Deno.mkdirSync("${outer}/in use"); // Fails when it is there.
        Deno.removeSync("${outer}/in use");
        lease.release();
      }`,
    );
    const racers = [1, 2, 3].map(() =>
      new Deno.Command(Deno.execPath(), {
        args: ["run", "--quiet", "--allow-read", "--allow-write", `${outer}/racer.ts`],
      }).output()
    );
    for (const { success, stderr } of await Promise.all(racers)) {
      assert.ok(success, new TextDecoder().decode(stderr));
    }
  });
});

/** A name that no other test run on this machine has. */
const BOARD = `test board ${Deno.pid}`;

/** Notes in one file when it is in use, and when no more. */
const EXCLUSIVE = `export default defineTarget({
  title: "one at a time", offers: [], exclusive: ({ port = "BOARD" }) => port, availability: () => ({ ok: true }),
  async start({ defer }) {
    const note = (text) => Deno.writeTextFileSync("ROOT/notes", text, { append: true });
    defer("end of use", () => note(")"));
    note("(");
    await new Promise((resolve) => setTimeout(resolve, 10));
    return {};
  },
});`;

const THREE = [1, 2, 3].map((n) => {
  return `scenario("on the board ${n}", { uses: { board: need("board") } }, () => {});`;
}).join("\n");

async function onBoard(body: (project: Project) => Promise<void>): Promise<void> {
  await Project.with({ "a.scenario.ts": THREE }, async (project) => {
    const sim = EXCLUSIVE.replace("BOARD", BOARD).replace("ROOT", project.root);
    project.write({ "sim.ts": sim });
    await body(project);
  }, { board: { sim: "sim.ts" } });
}

Deno.test("an exclusive target is never used by two at once in a run", async () => {
  await onBoard(async (project) => {
    project.write({ "b.scenario.ts": `scenario("free", { uses: {} }, () => {});` });
    const run = await project.run({ jobs: 3 });
    assert.equal(run.exitCode, 0);
    assert.equal(Deno.readTextFileSync(`${project.root}/notes`), "()()()");
  });
});

Deno.test("an exclusive target is never used by two runs at once", async () => {
  await onBoard(async (project) => {
    const children = [project.spawn(), project.spawn()];
    const codes = await Promise.all(children.map(async ({ status }) => (await status).code));
    assert.deepEqual(codes, [0, 0]);
    assert.equal(Deno.readTextFileSync(`${project.root}/notes`), "()".repeat(6));
  });
});

Deno.test("who waits for a lease says for which and who has it, and takes others first", async () => {
  await onBoard(async (project) => {
    const ended = `${project.root}/ended`, late = `${project.root}/late`;
    project.write({
      "b.scenario.ts": `scenario("free", { uses: {} }, () => {
        const id = setInterval(() => {
          if (!existsSync(${JSON.stringify(ended)})) return;
          clearInterval(id);
          Deno.writeTextFileSync(${JSON.stringify(late)}, "");
          throw new Error("too late");
        }, 5);
      });
      import { existsSync } from "node:fs";`,
    });
    const lease = Lease.tryTake(BOARD) as Lease;
    const waiting = `progress waiting for the lease on "${BOARD}" held by pid ${Deno.pid}`;
    let cancel = () => {};
    project.recorder.onLine = (line) => {
      if (line === "result free passed") Deno.writeTextFileSync(ended, "");
      if (line !== waiting) return;
      cancel = every(ms(5), () => {
        if (!existsSync(late)) return;
        cancel();
        lease.release();
      });
    };
    const run = await project.run();
    assert.deepEqual(new Set(Object.values(outcomes(run))), new Set(["passed"]));
    assert.equal(project.recorder.of("result")[0], "free passed");
    assert.ok(project.recorder.lines.includes(waiting), project.recorder.lines.join("\n"));
    // Nothing was running when the error came, so nobody is held responsible, but all is not well.
    assert.equal(run.exitCode, 1);
    assert.match(run.problems.join(), /An error came after .* \(b.scenario.ts:7\): too late/);
  });
});
