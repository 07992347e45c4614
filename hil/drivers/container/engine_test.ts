import assert from "node:assert/strict";
import { every, ms } from "../../time/mod.ts";
import { engineAvailable, openEngine } from "./daemon.ts";
import { Engine } from "./engine.ts";
import type { ContainerOptions } from "./container.ts";

const IMAGE = "hil/test:empty";
/** An image of links only: the machine's own programs are mounted where they point. */
const PROGRAMS = { "/usr": { source: "/usr" } };
const LINKS = ["bin", "lib", "lib64", "sbin"];
const SLEEP: ContainerOptions = {
  image: IMAGE,
  name: "sleeper",
  command: ["/usr/bin/sleep", "infinity"],
  mounts: PROGRAMS,
};

const available = await engineAvailable();
if (!available.ok) console.log(`skipped: ${available.reason}; ${available.remedy}`);
const ignore = !available.ok;

/** An engine with {@link IMAGE}. */
async function withEngine(work: (engine: Engine) => Promise<void>): Promise<void> {
  const engine = await openEngine();
  try {
    if (!await engine.hasImage(IMAGE)) await importLinks(engine);
    await work(engine);
  } finally {
    engine.close();
  }
}

async function importLinks(engine: Engine): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.mkdir(`${folder}/usr`);
    for (const link of LINKS) await Deno.symlink(`usr/${link}`, `${folder}/${link}`);
    const tar = new Deno.Command("tar", { args: ["-C", folder, "-c", "."], stdout: "piped" });
    await engine.importImage({ tag: IMAGE, archive: tar.spawn().stdout });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test({
  name: "a container runs programs, which say what they have to say and end with a code",
  ignore,
  fn: () =>
    withEngine(async (engine) => {
      const container = await engine.start({
        ...SLEEP,
        env: { COLOUR: "green" },
        hostname: "box",
        hosts: { "pbx.example": ["198.51.100.1", "2001:db8::1"] },
      });
      try {
        const script = 'echo "$COLOUR $(cat /etc/hostname)"; grep pbx /etc/hosts >&2; exit 7';
        assert.deepEqual(await container.run(["/bin/sh", "-c", script]), {
          code: 7,
          stdout: "green box\n",
          stderr: "198.51.100.1\tpbx.example\n2001:db8::1\tpbx.example\n",
        });
        assert.equal((await container.run(["/bin/ls", "/sys/class/net"])).stdout, "lo\n");
      } finally {
        await container.remove();
      }
      await container.remove();
      assert.throws(() => container.pid, {
        message: 'Cannot enter container "sleeper": it does not run; start it',
      });
    }),
});

Deno.test({
  name: "a container is asked to end, says so, and ends with its code",
  ignore,
  fn: () =>
    withEngine(async (engine) => {
      const script = 'trap "echo bye; exit 3" TERM; while :; do sleep 0.02; done';
      const container = await engine.start({ ...SLEEP, command: ["/bin/sh", "-c", script] });
      try {
        const output = await container.output();
        const ended = container.wait();
        // Its shell may not have come to its trap yet, and the first process has no other.
        const asking = every(ms(20), () => container.kill("SIGTERM").catch(() => {}));
        let said = "";
        for await (const { bytes } of output) said += new TextDecoder().decode(bytes);
        asking();
        assert.equal(said, "bye\n");
        assert.equal(await ended, 3);
      } finally {
        await container.remove();
      }
    }),
});

Deno.test({
  name: "a process in a container is killed, and its output ends; so does the container's own",
  ignore,
  fn: () =>
    withEngine(async (engine) => {
      const container = await engine.start(SLEEP);
      try {
        const process = await container.spawn(["/bin/sh", "-c", "echo up; exec sleep infinity"]);
        const output = process.output[Symbol.asyncIterator]();
        const first = await output.next();
        assert.equal(new TextDecoder().decode(first.value?.bytes), "up\n");
        Deno.kill(await process.pid(), "SIGKILL");
        assert.equal((await output.next()).done, true);
        assert.equal(await process.exitCode(), 137);
        const ended = container.wait();
        await container.kill();
        assert.equal(await ended, 137);
      } finally {
        await container.remove();
      }
    }),
});

Deno.test({
  name: "what a killed process has left is removed, and what living ones have stays",
  ignore,
  fn: () =>
    withEngine(async (engine) => {
      const mine = await engine.start(SLEEP);
      const code = `import { Engine } from ${JSON.stringify(import.meta.resolve("./engine.ts"))};
        await new Engine(${JSON.stringify(engine.socket)}).start(${JSON.stringify(SLEEP)});
        Deno.kill(Deno.pid, "SIGKILL");`;
      try {
        const args = ["eval", "--quiet", code];
        const killed = await new Deno.Command(Deno.execPath(), { args }).output();
        assert.equal(killed.signal, "SIGKILL", new TextDecoder().decode(killed.stderr));
        // More, when somebody else was killed too.
        assert.ok(await engine.removeOrphans() >= 1);
        assert.equal((await mine.run(["/bin/true"])).code, 0);
      } finally {
        await mine.remove();
      }
    }),
});

Deno.test({
  name: "what the engine refuses is told in its words",
  ignore,
  fn: () =>
    withEngine(async (engine) => {
      await assert.rejects(engine.start({ ...SLEEP, image: "hil/none:1" }), {
        name: "ContainerError",
        message: 'Cannot make a container of image "hil/none:1": the engine answers 404, ' +
          '"No such image: hil/none:1"',
      });
      await assert.rejects(engine.start({ ...SLEEP, command: ["/no/program"] }), {
        name: "ContainerError",
        message: /^Cannot start container "sleeper": the engine answers 400, ".*\/no\/program/,
      });
      const garbage = new Blob(["no archive at all".repeat(100)]).stream();
      await assert.rejects(engine.importImage({ tag: "hil/none:1", archive: garbage }), {
        name: "ContainerError",
        message: /^Cannot import image "hil\/none:1": .*invalid tar header/,
      });
    }),
});

Deno.test("an engine that is not there is named, with what to do", async () => {
  const engine = new Engine("/no/engine.sock");
  await assert.rejects(engine.version(), {
    name: "ContainerError",
    message: /^Cannot ask the container engine for its version: the engine at "\/no\/engine.sock"/,
  });
  engine.close();
  const code = `import { engineAvailable } from ${
    JSON.stringify(import.meta.resolve("./daemon.ts"))
  };
    console.log(JSON.stringify(await engineAvailable()));`;
  const answer = async (host: string) => {
    const command = new Deno.Command(Deno.execPath(), {
      args: ["eval", "--quiet", code],
      env: { DOCKER_HOST: host },
    });
    const { success, stdout, stderr } = await command.output();
    assert.ok(success, new TextDecoder().decode(stderr));
    return JSON.parse(new TextDecoder().decode(stdout));
  };
  assert.equal(
    (await answer("unix:///no/engine.sock")).reason,
    'no engine answers at "/no/engine.sock", which DOCKER_HOST names',
  );
  assert.equal(
    (await answer("tcp://198.51.100.9:2375")).reason,
    'DOCKER_HOST is "tcp://198.51.100.9:2375", and only unix:///… is on this machine',
  );
});
