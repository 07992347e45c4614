import assert from "node:assert/strict";
import { buildGuest, GuestBuildError } from "./build.ts";
import { MUTATIONS } from "./mutations.ts";

/** Runs `body` with folders of its own for sources and cache. */
async function inFolders(body: (sources: string, cache: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  const [sources, cache] = [`${folder}/sources`, `${folder}/cache`];
  try {
    await Deno.mkdir(sources);
    await Deno.writeTextFile(`${sources}/kernel.ld`, "ENTRY(boot)\n");
    await Deno.writeTextFile(`${sources}/main.c`, "void boot(void) { for (;;) continue; }\n");
    await body(sources, cache);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function errorOf(work: Promise<unknown>): Promise<Error> {
  return await work.then(() => assert.fail("it was built"), (error) => error);
}

Deno.test("a build is kept and found again until a source changes", async () => {
  await inFolders(async (sources, cache) => {
    const said: string[] = [];
    const build = async () =>
      (await buildGuest({ sources, cache, progress: (text) => said.push(text) })).kernel;
    const first = await build();
    assert.deepEqual([...(await Deno.readFile(first)).subarray(0, 4)], [0x7f, 0x45, 0x4c, 0x46]);
    assert.equal(await build(), first);
    assert.deepEqual(said, ["building the guest kernel"]);
    await Deno.writeTextFile(`${sources}/main.c`, "void boot(void) {}\n");
    assert.notEqual(await build(), first);
  });
});

Deno.test("two that build at once get one whole image and leave nothing else", async () => {
  await inFolders(async (sources, cache) => {
    const both = await Promise.all([1, 2].map(() => buildGuest({ sources, cache })));
    assert.equal(both[0]!.kernel, both[1]!.kernel);
    assert.equal([...Deno.readDirSync(cache)].length, 1);
  });
});

Deno.test("a defect is another build, and only one that there is", async () => {
  await inFolders(async (sources, cache) => {
    const { kernel } = await buildGuest({ sources, cache });
    const mutation = MUTATIONS[0]!.name;
    assert.notEqual((await buildGuest({ sources, cache, mutation })).kernel, kernel);
    const error = await errorOf(buildGuest({ sources, cache, mutation: "no bug" }));
    assert.match(
      error.message,
      /^Cannot build the guest kernel with the defect "no bug": there are .*; name one of them$/,
    );
  });
});

Deno.test("of old builds the newest are kept", async () => {
  await inFolders(async (sources, cache) => {
    for (let i = 0; i < 65; i++) {
      await Deno.mkdir(`${cache}/old${i}`, { recursive: true });
      await Deno.utime(`${cache}/old${i}`, i, i);
    }
    const { kernel } = await buildGuest({ sources, cache });
    const names = [...Deno.readDirSync(cache)].map(({ name }) => name);
    assert.equal(names.length, 60);
    assert.ok(names.includes("old64") && names.includes("old6") && !names.includes("old5"));
    assert.ok((await Deno.stat(kernel)).isFile);
  });
});

Deno.test("a missing tool is named, with what installs it", async () => {
  const error = await errorOf(buildGuest({ path: "/nowhere" }));
  assert.ok(error instanceof GuestBuildError);
  assert.equal(
    error.message,
    'Cannot build the guest kernel with "clang": it is not on the PATH; ' +
      'run "deno task hil doctor --install"',
  );
});

Deno.test("sources that do not compile: the compiler's words, and no half build", async () => {
  await inFolders(async (sources, cache) => {
    await Deno.writeTextFile(`${sources}/main.c`, "int boot(void) { return nothing; }\n");
    const error = await errorOf(buildGuest({ sources, cache }));
    assert.match(
      error.message,
      /"\/.*clang": it exited with code 1; it said:\nmain\.c:1:25: error/,
    );
    assert.deepEqual([...Deno.readDirSync(cache)], []);
  });
});

Deno.test("each defect is in the sources, and its scenario exists", async () => {
  const here = new URL(".", import.meta.url);
  const header = await Deno.readTextFile(new URL("mutations.h", here));
  const code = [here, new URL("../../checked_lines/", here)].flatMap((folder) =>
    [...Deno.readDirSync(folder)].filter(({ name }) => /\.[ch]$/.test(name))
      .map(({ name }) => Deno.readTextFileSync(new URL(name, folder)))
  ).join("\n");
  const defined = [...header.matchAll(/MUTATION_([A-Z]\w+),/g)].map(([, name]) => name!);
  const listed = ["NONE", ...MUTATIONS.map(({ define }) => define)];
  assert.deepEqual(listed.toSorted(), defined.toSorted());
  const names = MUTATIONS.map(({ name }) => name);
  assert.ok(names.every((name) => /^[a-z0-9-]+$/.test(name)), "names that a bench file may have");
  for (const { define, file, scenario } of MUTATIONS) {
    assert.ok(code.includes(`MUTATED(${define})`), define);
    const text = await Deno.readTextFile(new URL(`../../../${file}`, here));
    assert.ok(text.includes(`"${scenario}"`), `"${scenario}" in ${file}`);
  }
});
