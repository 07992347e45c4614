/**
 * What can be wrong with a target on real QEMU, as a user meets it: the message on the console,
 * the case in the JUnit report, and the exit code.
 */
import assert from "node:assert/strict";
import { tinyGuest } from "../drivers/qemu/mod.ts";
import { hil, type TestFolder, testFolder } from "./_testing.ts";
import { ROOT } from "./paths.ts";

/** Scenarios of the user's own on the disk cache's target in QEMU, and on one with a disk image. */
async function labFolder() {
  const folder = await testFolder();
  await folder.write(
    "one.scenario.ts",
    `import { scenario, seconds } from "hil";
    import { diskCache } from "${ROOT}/sims/diskcache/mod.ts";
    scenario("reads", { uses: { cache: diskCache() }, timeout: seconds(2) }, async ({ cache }) => {
      await cache.read({ drive: 0, lba: 1 });
    });`,
  );
  await folder.write(
    "image.ts",
    `import { defineTarget } from "hil";
    import { HostClock } from "hil/drivers/host_clock.ts";
    import { fastPc, Qemu } from "hil/drivers/qemu/mod.ts";
    export default defineTarget({
      title: "a machine with a disk image", offers: [],
      availability: () => ({ ok: true }),
      start: (context) => {
        const clock = context.timeline.clock = new HostClock(context.timeline);
        const source = { file: context.options.image };
        const disks = [{ bus: "ide.0", unit: 0, source }];
        return Qemu.start({ ...fastPc(), memoryMiB: 16, disks }, { ...context, clock });
      },
    });`,
  );
  return folder;
}

/** Runs the scenario on one target; gives how it ended and its JUnit report. */
async function runOn(folder: TestFolder, module: string, options: object, more: object = {}) {
  const bench = {
    bench: "lab",
    roles: { diskcache: { default: "it", targets: { it: { module, options } } } },
  };
  await folder.write("bench.yaml", JSON.stringify(bench));
  const { args = [], env = {} } = more as { args?: string[]; env?: object };
  const reports = `${folder.path}/reports`;
  const ended = await hil(
    folder,
    ["one.scenario.ts", "--bench", "bench.yaml", "--reports", reports, ...args],
    env,
  );
  return { ...ended, junit: await folder.read("reports/junit.xml") };
}

const QEMU_TARGET = `${ROOT}/sims/diskcache/targets/qemu.ts`;

Deno.test("a QEMU that is missing is a skip with the remedy; --require-all makes it exit 3", async () => {
  await using folder = await labFolder();
  const options = { binary: "qemu-that-is-not-there" };
  const wanted = /qemu-that-is-not-there is not on the PATH/;
  const { code, stdout, junit } = await runOn(folder, QEMU_TARGET, options);
  assert.equal(code, 0, stdout);
  assert.match(stdout, wanted);
  assert.match(stdout, /remedy: run "deno task hil doctor --install"/);
  assert.match(junit, /<skipped message="qemu-that-is-not-there is not on the PATH; run/);
  const strict = await runOn(folder, QEMU_TARGET, options, { args: ["--require-all"] });
  assert.equal(strict.code, 3);
});

Deno.test("a QEMU that is broken is a skip that says what it said", async () => {
  await using folder = await labFolder();
  await folder.program("broken", `echo "symbol lookup error: libfoo" >&2; exit 127`);
  const options = { binary: `${folder.path}/bin/broken` };
  const { code, junit } = await runOn(folder, QEMU_TARGET, options);
  assert.equal(code, 0);
  assert.match(junit, /<skipped message="[^"]*exited with code 127 and said &quot;symbol lookup/);
});

/** A guest of a few bytes, as the disk cache's kernel. */
async function runGuest(text: string | Uint8Array, ending: "tripleFault" | "halt") {
  await using folder = await labFolder();
  const kernel = `${folder.path}/kernel`;
  await Deno.writeFile(kernel, tinyGuest(text, ending));
  const ended = await runOn(folder, QEMU_TARGET, { kernel });
  assert.equal(ended.code, 1, ended.stdout);
  return ended;
}

Deno.test("a guest that triple-faults fails with its registers, and exit 1", async () => {
  const { stdout, junit } = await runGuest("hello\n", "tripleFault");
  assert.match(stdout, /the guest reset itself \(triple fault\?\)/);
  assert.match(stdout, /EIP=0010/);
  assert.match(junit, /<failure[^>]* type="GuestCrashed"/);
});

Deno.test("a guest that prints garbage fails with what it printed, and QEMU's state", async () => {
  const { stdout, junit } = await runGuest(
    Uint8Array.from({ length: 99 }, (_, i) => (i * 89 + 128) % 255 + 1),
    "halt",
  );
  assert.match(stdout, /did not end within 2 s/);
  assert.match(stdout, /com1:\n[^]*\\x/);
  assert.match(stdout, /qemu:\n +running/);
  assert.match(junit, /<(failure|error) message="[^"]*2 s/);
});

Deno.test("a guest that prints nothing fails with what was waited for", async () => {
  const { stdout, junit } = await runGuest("", "halt");
  assert.match(stdout, /did not end within 2 s/);
  assert.match(stdout, /running: start diskcache=it/);
  assert.match(junit, /<(failure|error) message="[^"]*did not end within 2 s/);
});

Deno.test("a disk image that cannot be opened is the bench's error, with the path", async () => {
  await using folder = await labFolder();
  const module = `${folder.path}/image.ts`;
  const image = `${folder.path}/missing.img`;
  const { code, stdout, junit } = await runOn(folder, module, { image });
  assert.equal(code, 1);
  assert.ok(stdout.includes(`Cannot open the disk image "${image}": No such file`), stdout);
  assert.match(stdout, /likely to blame: the bench/);
  assert.match(junit, /<error message="Cannot open the disk image [^>]* type="QemuError"/);
});
