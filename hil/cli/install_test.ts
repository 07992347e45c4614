import assert from "node:assert/strict";
import { type Ended, script, type TestFolder, testFolder } from "./_testing.ts";
import { ROOT } from "./paths.ts";

/** Two tools of one package and one of another, of which none is on any machine. */
const TOOLS = [
  { command: "hil-test-cc", debianPackage: "hil-test-tools", purpose: "compiles" },
  { command: "hil-test-ld", debianPackage: "hil-test-tools", purpose: "links" },
  { command: "hil-test-emulator", debianPackage: "hil-test-emulator", purpose: "runs" },
];

/** Where the fake apt-get notes how it was called, an arguments' line a call. */
const NOTE = 'echo "$*" >>"$HIL_TEST_FOLDER/calls"\n';
/** Installs what `TOOLS` are when asked to. */
const INSTALL =
  'for tool in cc ld emulator; do ln -sf /bin/true "$HIL_TEST_FOLDER/bin/hil-test-$tool"; done\n';

/** Calls `setUp` where `apt-get` is a shell script. */
async function setUpWith(
  folder: TestFolder,
  apt: string | undefined,
  { uid = 0, sudo }: { readonly uid?: number; readonly sudo?: string } = {},
): Promise<Ended> {
  if (apt !== undefined) await folder.program("apt-get", NOTE + apt);
  if (sudo !== undefined) await folder.program("sudo", sudo);
  for (const name of ["env", "ln", "true"]) {
    await Deno.symlink(`/usr/bin/${name}`, `${folder.path}/bin/${name}`);
  }
  await folder.write(
    "set_up.ts",
    `import { setUp } from "${ROOT}/hil/cli/install.ts";
     Deno.uid = () => ${uid};
     try {
       await setUp(${JSON.stringify(TOOLS)}, (text) => console.log(text));
     } catch (error) {
       console.log(error.name + ": " + error.message);
       Deno.exit(1);
     }`,
  );
  const env = { PATH: `${folder.path}/bin`, HIL_TEST_FOLDER: folder.path };
  return await script(folder, "set_up.ts", env);
}

async function callsOf(folder: TestFolder): Promise<string[]> {
  return (await folder.read("calls")).trimEnd().split("\n");
}

Deno.test("missing tools are installed by one call, each package once, without questions", async () => {
  await using folder = await testFolder();
  const apt =
    `case "$*" in *install*) ${INSTALL} echo "$DEBIAN_FRONTEND" >"$HIL_TEST_FOLDER/front";; esac`;
  const { code, stdout } = await setUpWith(folder, apt);
  assert.equal(code, 0, stdout);
  assert.match(stdout, /^installing hil-test-emulator, hil-test-tools$/m);
  const installs = (await callsOf(folder)).filter((call) => / install /.test(call));
  assert.deepEqual(installs, [
    "-o DPkg::Lock::Timeout=300 -o APT::Status-Fd=1 install -y --no-install-recommends " +
    "hil-test-emulator hil-test-tools",
  ]);
  assert.equal(await folder.read("front"), "noninteractive\n");
});

Deno.test("apt-get is not called when nothing is missing", async () => {
  await using folder = await testFolder();
  for (const { command } of TOOLS) await folder.program(command);
  const { code, stdout } = await setUpWith(folder, "exit 1");
  assert.deepEqual({ code, stdout }, { code: 0, stdout: "" });
  await assert.rejects(folder.read("calls"), Deno.errors.NotFound);
});

Deno.test("a package that the lists do not have is looked for in new ones", async () => {
  await using folder = await testFolder();
  const apt = `case "$*" in
    *update*) : >"$HIL_TEST_FOLDER/new";;
    *) if [ -e "$HIL_TEST_FOLDER/new" ]; then ${INSTALL}
       else echo "E: Unable to locate package hil-test-tools" >&2; exit 100; fi;;
  esac`;
  const { code, stdout } = await setUpWith(folder, apt);
  assert.equal(code, 0, stdout);
  const updates = (await callsOf(folder)).filter((call) => / update$/.test(call));
  assert.equal(updates.length, 1);
});

Deno.test("the progress of apt-get and whom it waits for are told as they come", async () => {
  const held = "Waiting for cache lock: Could not get lock /var/lib/dpkg/lock-frontend. " +
    "It is held by process 77 (apt-get)... 0s";
  for (
    const [line, told] of [
      [
        "pmstatus:clang-14:43.24:Unpacking clang-14 (amd64)",
        "installing: 43 %, Unpacking clang-14 (amd64)",
      ],
      [held, "waiting for the lock of dpkg, held by process 77 (apt-get)"],
    ]
  ) {
    const apt = `case "$*" in *install*) printf '%s\\r' "${line}"; ${INSTALL};; esac`;
    await using folder = await testFolder();
    const { code, stdout } = await setUpWith(folder, apt);
    assert.equal(code, 0);
    assert(stdout.split("\n").includes(told!), stdout);
  }
});

const HEAD = "InstallError: Cannot install hil-test-emulator, hil-test-tools: ";

const FAILURES: readonly (readonly [name: string, said: string, message: string])[] = [
  [
    "a machine without network",
    "W: Failed to fetch http://mirror.example/x  Temporary failure resolving 'mirror.example'",
    "the package mirror of this machine cannot be reached; check the network and apt's sources",
  ],
  [
    "a package that nobody has",
    "E: Unable to locate package hil-test-tools",
    "no source of this machine has it; check apt's sources",
  ],
  [
    "a lock that is never let go",
    "E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 77 (apt-get)",
    "another program holds the lock of dpkg; wait for it to end and try again",
  ],
  [
    "a full disk",
    "E: You don't have enough free space in /var/cache/apt/archives/.",
    "there is not enough room on the disk; free some",
  ],
];

for (const [name, said, message] of FAILURES) {
  Deno.test(`${name} is told, with apt-get's own words`, async () => {
    await using folder = await testFolder();
    const { code, stdout } = await setUpWith(folder, `echo "${said}" >&2\nexit 100`);
    assert.equal(code, 1);
    assert(stdout.includes(`${HEAD}${message}\n`), stdout);
    assert(stdout.includes(`\n  ${said}\n`), stdout);
  });
}

Deno.test("a failure that nobody foresaw names the command to see it with", async () => {
  await using folder = await testFolder();
  const { stdout } = await setUpWith(folder, 'echo "E: dpkg was interrupted"\nexit 100');
  assert.match(
    stdout,
    /apt-get failed; run "(sudo )?apt-get install -y [^"]*hil-test-tools" to see why/,
  );
  assert.match(stdout, /^ {2}E: dpkg was interrupted$/m);
});

Deno.test("an installation that leaves a tool missing is an error", async () => {
  await using folder = await testFolder();
  const { stdout } = await setUpWith(folder, ":");
  const still = "hil-test-cc, hil-test-ld, hil-test-emulator";
  const what = `${HEAD}apt-get succeeded, but ${still} is still not there; `;
  assert(stdout.includes(`${what}see that the package has it and PATH leads to it`), stdout);
});

Deno.test("who is not root and has no sudo is told the command", async () => {
  await using folder = await testFolder();
  const command = "apt-get install -y --no-install-recommends hil-test-emulator hil-test-tools";
  const why = "you are not root and there is no sudo; run as root";
  const { stdout } = await setUpWith(folder, "exit 1", { uid: 1000, sudo: undefined });
  assert.equal(stdout, `${HEAD}${why}\n  ${command}\n`);
  await assert.rejects(folder.read("calls"), Deno.errors.NotFound);
});

Deno.test("who has a sudo with a password is told the command, and is not asked", async () => {
  await using folder = await testFolder();
  const command =
    "sudo apt-get install -y --no-install-recommends hil-test-emulator hil-test-tools";
  const { stdout } = await setUpWith(folder, "exit 1", { uid: 1000, sudo: "exit 1" });
  assert.equal(stdout, `${HEAD}you are not root and sudo asks for a password; run\n  ${command}\n`);
  await assert.rejects(folder.read("calls"), Deno.errors.NotFound);
});

Deno.test("who has a sudo without password uses it, also for the environment", async () => {
  await using folder = await testFolder();
  const sudo = 'echo "sudo $*" >>"$HIL_TEST_FOLDER/calls"\nshift\nexec "$@"\n';
  const { code, stdout } = await setUpWith(folder, INSTALL, { uid: 1000, sudo });
  assert.equal(code, 0, stdout);
  assert.match(
    await folder.read("calls"),
    /^sudo -n env DEBIAN_FRONTEND=noninteractive LC_ALL=C apt-get .*install -y/m,
  );
});

Deno.test("a machine without apt-get is told what to get by hand", async () => {
  await using folder = await testFolder();
  const { code, stdout } = await setUpWith(folder, undefined);
  assert.equal(code, 1);
  const remedy = "install what Debian calls hil-test-emulator, hil-test-tools by hand";
  assert.equal(stdout, `${HEAD}this machine has no apt-get; ${remedy}\n`);
});
