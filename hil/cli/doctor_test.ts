import assert from "node:assert/strict";
import { hil, type TestFolder, testFolder } from "./_testing.ts";

/** A bench with a target that needs a tool, one that is not there, and one that is broken. */
async function writeBench(folder: TestFolder): Promise<void> {
  const tool = `{ command: "hil-test-tool", debianPackage: "hil-test", purpose: "runs the board" }`;
  await folder.write(
    "sim.ts",
    `export default { title: "a board", offers: [], tools: [${tool}], start() {},
       availability: ({ good }) => good ? { ok: true, versions: { sim: "1.2" } }
         : { ok: false, reason: "no board is on /dev/ttyUSB0", remedy: "plug it in" } };`,
  );
  await folder.write(
    "named.ts",
    `export default { title: "anybody's", offers: [], argument: "URL", start() {},
       availability: () => { throw new Error("of which?"); } };`,
  );
  await folder.write("broken.ts", "export const target = 1;");
  await folder.write(
    "lab.yaml",
    `bench: lab
roles:
  board:
    default: sim
    targets:
      sim: { module: sim.ts, options: { good: true } }
      real: { module: sim.ts }
      broken: { module: broken.ts }
      named: { module: named.ts }
`,
  );
}

Deno.test("doctor says what is there, what is missing and how to get it", async () => {
  await using folder = await testFolder();
  await writeBench(folder);
  const { code, stdout } = await hil(folder, ["doctor", "--bench", "lab.yaml"], {
    PATH: `${folder.path}/bin`,
  });
  assert.equal(code, 1);
  assert.match(stdout, /^ {2}missing {2}hil-test-tool +runs the board: Debian package hil-test$/m);
  assert.match(stdout, /^ {2}deno task hil doctor --install$/m);
  assert.match(stdout, /apt-get install -y --no-install-recommends .*\bhil-test\b/);
  assert.match(stdout, /^ {2}ok {7}board=sim, a board \(sim 1\.2\)$/m);
  assert.match(stdout, /^ {2}missing {2}board=real, a board: no board is on .*; plug it in$/m);
  assert.match(stdout, /^ {2}ok {7}board=named:URL, anybody's$/m);
  assert.match(stdout, /^ {2}broken {3}board=broken: it has no default export that is a target; /m);
});

Deno.test("doctor finds a program on the PATH, but no file that cannot be run", async () => {
  await using folder = await testFolder();
  await writeBench(folder);
  const path = { PATH: `/nowhere::${folder.path}/bin` };
  const line = async () => {
    const { stdout } = await hil(folder, ["doctor", "--bench", "lab.yaml"], path);
    return stdout.split("\n").find((line) => line.includes("hil-test-tool"));
  };
  await folder.write("bin/hil-test-tool", "");
  assert.match((await line())!, /^ {2}missing/);
  await folder.program("hil-test-tool");
  assert.match((await line())!, /^ {2}ok {7}.*: .*\/bin\/hil-test-tool$/);
});

Deno.test("doctor --install installs what is missing and says so", async () => {
  await using folder = await testFolder();
  await writeBench(folder);
  await folder.program("sudo", 'shift\nexec "$@"\n');
  await folder.program(
    "apt-get",
    `printf '#!/bin/sh' >"${folder.path}/bin/hil-test-tool"
    /bin/chmod +x "${folder.path}/bin/hil-test-tool"`,
  );
  const path = { PATH: `${folder.path}/bin:/usr/bin:/bin` };
  const before = await hil(folder, ["doctor", "--bench", "lab.yaml"], path);
  assert.match(before.stdout, /^ {2}missing {2}hil-test-tool/m);
  const { stdout, stderr } = await hil(
    folder,
    ["doctor", "--install", "--bench", "lab.yaml"],
    path,
  );
  assert.match(stderr, /^installing .*hil-test/m);
  assert.match(stdout, /^ {2}ok {7}hil-test-tool/m);
});

Deno.test("doctor is told what is wrong on its command line and in the bench file", async () => {
  await using folder = await testFolder();
  const mistakes: readonly (readonly [args: string[], stderr: string])[] = [
    [
      ["doctor", "--instal"],
      'hil: Cannot use the option "--instal": there is no such option; did you mean "--install"?\n' +
      'See "deno task hil doctor --help"\n',
    ],
    [
      ["doctor", "qemu"],
      'hil: Cannot use "qemu": doctor takes no files; leave it out\nSee "deno task hil doctor --help"\n',
    ],
    [
      ["doctor", "--bench", "no.yaml"],
      `hil: Cannot use the bench file "${folder.path}/no.yaml": ` +
      "there is no such file; check the path\n",
    ],
  ];
  for (const [args, expected] of mistakes) {
    const { code, stdout, stderr } = await hil(folder, args);
    assert.deepEqual({ code, stdout, stderr }, { code: 2, stdout: "", stderr: expected });
  }
});
