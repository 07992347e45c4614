import assert from "node:assert/strict";
import { pathToFileURL } from "node:url";
import { BenchError, loadBench, targetNamed } from "./mod.ts";

/** Loads a text as the bench file `lab.yaml`, beside which there are modules `a.ts` and `b.ts`. */
async function load(text: string | Uint8Array) {
  await using folder = await benchFolder();
  const file = `${folder.path}/lab.yaml`;
  await Deno.writeFile(file, typeof text === "string" ? new TextEncoder().encode(text) : text);
  return { bench: await loadBench(file, "lab.yaml"), folder: folder.path };
}

async function benchFolder() {
  const path = await Deno.makeTempDir({ prefix: "hil-bench-" });
  await Promise.all(["a", "b"].map((name) => Deno.writeTextFile(`${path}/${name}.ts`, "")));
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}

/** The whole message of the error that a text leads to. */
async function messageOf(text: string | Uint8Array): Promise<string> {
  try {
    await load(text);
  } catch (error) {
    assert(error instanceof BenchError, String(error));
    assert.equal(error.file, "lab.yaml");
    return error.message;
  }
  throw new assert.AssertionError({ message: `no error for ${JSON.stringify(text)}` });
}

const ONE = "Cannot use the bench file: ";
const GOOD = `# A bench.
bench: desk
roles:
  board:
    default: [sim, real]
    targets:
      sim: { module: a.ts }
      real:
        module: ./b.ts
        options: &serial { port: /dev/ttyUSB0, baudHz: 115200, flow: false, parity: null }
  tftp:
    targets:
      local: { module: b.ts, options: { list: [1, 2.5, text], again: *serial } }
`;

Deno.test("a bench file names the module and the options of each role's targets", async () => {
  const { bench, folder } = await load(GOOD);
  assert.equal(bench.name, "desk");
  assert.equal(bench.file, `${folder}/lab.yaml`);
  const serial = { port: "/dev/ttyUSB0", baudHz: 115200, flow: false, parity: null };
  assert.deepEqual([...bench.roles.get("board")!.targets.values()], [
    { role: "board", name: "sim", module: pathToFileURL(`${folder}/a.ts`).href, options: {} },
    { role: "board", name: "real", module: pathToFileURL(`${folder}/b.ts`).href, options: serial },
  ]);
  const options = { list: [1, 2.5, "text"], again: serial };
  assert.deepEqual(bench.roles.get("tftp")!.targets.get("local")!.options, options);
});

Deno.test("a default is one target or several; a role with one target needs none", async () => {
  const { bench } = await load(GOOD);
  assert.deepEqual(bench.roles.get("board")!.default, ["sim", "real"]);
  assert.deepEqual(bench.roles.get("tftp")!.default, ["local"]);
  const single = await load(GOOD.replace("[sim, real]", "real"));
  assert.deepEqual(single.bench.roles.get("board")!.default, ["real"]);
});

Deno.test("what is behind the colon of a target's name is its option", async () => {
  const { bench } = await load(GOOD.replace("[sim, real]", "[sim, 'real:ws://a:1/']"));
  const board = bench.roles.get("board")!;
  assert.deepEqual(board.default, ["sim", "real:ws://a:1/"]);
  assert.equal(targetNamed(board, "sim"), board.targets.get("sim"));
  assert.equal(targetNamed(board, "lab:x"), undefined);
  const real = board.targets.get("real")!;
  assert.deepEqual(targetNamed(board, "real:ws://a:1/"), {
    ...real,
    name: "real:ws://a:1/",
    options: { ...real.options, argument: "ws://a:1/" },
  });
});

Deno.test("names that objects have by themselves are names like others", async () => {
  const text = `
bench: constructor
roles:
  constructor:
    targets:
      toString: { module: a.ts, options: { "__proto__": { polluted: true } } }
`;
  const { options } = (await load(text)).bench.roles.get("constructor")!.targets.get("toString")!;
  assert.deepEqual(Object.keys(options), ["__proto__"]);
  assert.equal((options as { polluted?: true }).polluted, undefined);
});

Deno.test("the default bench of the repository is good", async () => {
  const bench = await loadBench("fixtures/benches/emulated.yaml");
  assert.deepEqual(bench.roles.get("diskcache")!.default, ["qemu"]);
  assert.deepEqual([...bench.roles.get("diskcache")!.targets.keys()], [
    "model",
    "qemu",
    "qemu-recorded",
  ]);
});

Deno.test("the benches with a board, rehearsed and real, are good", async () => {
  const boards = await Promise.all(["lab", "rehearsal"].map(async (name) => {
    const { roles } = await loadBench(`fixtures/benches/${name}.yaml`);
    return [...roles.values()].map(({ role, default: [target] }) => `${role}=${target}`);
  }));
  assert.deepEqual(boards, [["board=bbb", "tftp=udp"], ["board=rehearsal", "tftp=rehearsal"]]);
});

/** What is wrong, and the message with place and remedy. `from` and `to`: a change to {@link GOOD}. */
const MISTAKES: readonly (readonly [from: string, to: string, message: string])[] = [
  [
    "[sim, real]",
    "'real:'",
    `${ONE}lab.yaml:5:14: nothing is behind the colon of "real:"; write its argument there`,
  ],
  [
    "[sim, real]",
    "reel:x",
    `${ONE}lab.yaml:5:14: the role "board" has no target "reel"; did you mean "real"?`,
  ],
  [
    "roles:",
    "rolls:",
    `${ONE.slice(0, -2)} "lab.yaml": it has 2 problems; correct them:\n` +
    '  lab.yaml:2:1: a bench file needs the key "roles"; write it\n' +
    '  lab.yaml:3:1: a bench file has no key "rolls"; did you mean "roles"?',
  ],
  ["desk", "[desk]", `${ONE}lab.yaml:2:8: "bench" is no text; write its name`],
  [
    "desk",
    "my desk",
    `${ONE}lab.yaml:2:8: the name of a bench is "my desk"; ` +
    'use up to 64 of letters, digits, ".", "_" and "-"',
  ],
  [
    "[sim, real]",
    "rael",
    `${ONE}lab.yaml:5:14: the role "board" has no target "rael"; did you mean "real"?`,
  ],
  [
    "[sim, real]",
    "[sim, lab]",
    `${ONE}lab.yaml:5:20: the role "board" has no target "lab"; there is "sim", "real"`,
  ],
  [
    "[sim, real]",
    "[sim, sim]",
    `${ONE}lab.yaml:5:20: the target "sim" is in "default" of the role "board" twice; delete one`,
  ],
  [
    "[sim, real]",
    "[]",
    `${ONE}lab.yaml:5:14: "default" of the role "board" is empty; name a target`,
  ],
  [
    "[sim, real]",
    "1",
    `${ONE}lab.yaml:5:14: "default" of the role "board" is no name of a target; write one, or a list`,
  ],
  [
    "    default: [sim, real]\n",
    "",
    `${ONE}lab.yaml:5:5: the role "board" has several targets and no default; write "default: sim"`,
  ],
  [
    "{ module: a.ts }",
    "a.ts",
    `${ONE}lab.yaml:7:12: the target "sim" of "board" is no map; write "module: …"`,
  ],
  [
    "module: a.ts",
    "modul: a.ts",
    `${ONE.slice(0, -2)} "lab.yaml": it has 2 problems; correct them:\n` +
    '  lab.yaml:7:12: the target "sim" of "board" needs the key "module"; write it\n' +
    '  lab.yaml:7:14: the target "sim" of "board" has no key "modul"; did you mean "module"?',
  ],
  [
    "module: a.ts",
    "module: 7",
    `${ONE}lab.yaml:7:22: "module" of the target "sim" of "board" is no text; ` +
    "write the path of a file",
  ],
  [
    "module: a.ts",
    'module: "npm:board"',
    `${ONE}lab.yaml:7:22: the module "npm:board" is no path; ` +
    "name a file relative to the bench file",
  ],
  [
    "{ list: [1, 2.5, text], again: *serial }",
    "[1]",
    `${ONE}lab.yaml:13:39: "options" of the target "local" of "tftp" is no map; ` +
    'write "options: { NAME: VALUE }"',
  ],
  [
    "&serial",
    "",
    `${ONE}lab.yaml:13:70: no anchor "&serial" is above; write one, or the value itself`,
  ],
  ["tftp:", "board:", `${ONE}lab.yaml:11:3: the key "board" is in line 4 already; delete one`],
  [
    "  tftp:",
    '  "a=b":',
    `${ONE}lab.yaml:11:3: the name of a role is "a=b"; ` +
    'use up to 64 of letters, digits, ".", "_" and "-"',
  ],
  ["    default:", "\tdefault:", `${ONE}lab.yaml:5:1: a tab indents this line; indent with spaces`],
  [
    "115200",
    "18446744073709551615",
    `${ONE}lab.yaml:10:56: the number 18446744073709551615 cannot be held exactly; quote it as text`,
  ],
  [
    "parity: null",
    "<<: *x",
    `${ONE.slice(0, -2)} "lab.yaml": it has 2 problems; correct them:\n` +
    '  lab.yaml:10:77: merge keys ("<<") are not read; write the keys out\n' +
    '  lab.yaml:10:81: no anchor "&x" is above; write one, or the value itself',
  ],
  [
    "# A bench.",
    "a: 1\n---",
    `${ONE}lab.yaml:2:1: a second document begins here; make it a file of its own`,
  ],
  [
    "[1, 2.5, text]",
    "[1, 2.5 text",
    `${ONE}lab.yaml:13:76: this is no good YAML: ` +
    "Flow sequence in block collection must be sufficiently indented and end with a ]",
  ],
  ["port: /", 'port: "/', `${ONE}lab.yaml:14:1: this is no good YAML: Missing closing "quote`],
  [
    "115200",
    "!!binary AAAA",
    `${ONE}lab.yaml:10:65: a value is no text, number, truth value, list or map; write one of those`,
  ],
];

for (const [from, to, message] of MISTAKES) {
  Deno.test(`${JSON.stringify(to || `no ${from.trim()}`)} is told with its line and column`, async () => {
    assert(GOOD.includes(from));
    assert.equal(await messageOf(GOOD.replace(from, to)), message);
  });
}

Deno.test("a module that is not there, or is a folder, is told where it is named", async () => {
  await using folder = await benchFolder();
  const text = GOOD.replaceAll("b.ts", "c.ts").replace("a.ts", ".");
  await Deno.writeTextFile(`${folder.path}/lab.yaml`, text);
  const { message } = await loadBench(`${folder.path}/lab.yaml`, "lab.yaml").catch((error) =>
    error
  );
  const missing = `the module "${folder.path}/c.ts" does not exist; ` +
    "the path is relative to the bench file; check it";
  assert.equal(
    message,
    'Cannot use the bench file "lab.yaml": it has 3 problems; correct them:\n' +
      `  lab.yaml:7:22: the module "${folder.path}" is no file; name a TypeScript file\n` +
      `  lab.yaml:9:17: ${missing}\n  lab.yaml:13:24: ${missing}`,
  );
});

Deno.test("what is no bench file at all is told", async () => {
  const utf16 = new Uint8Array([0xff, 0xfe, 0x62, 0]);
  const latin1 = new Uint8Array([...new TextEncoder().encode("bench: \u00e9\nro"), 0xe9, 0x0a]);
  const empty = 'the file is empty; write "bench: NAME" and "roles:"';
  const bytes = "this byte is not UTF-8; save the file as UTF-8";
  assert.equal(await messageOf(""), `${ONE}lab.yaml:1:1: ${empty}`);
  assert.equal(await messageOf("# nothing\n---\n"), `${ONE}lab.yaml:1:1: ${empty}`);
  assert.equal(await messageOf(utf16), `${ONE}lab.yaml:1:1: ${bytes}`);
  assert.equal(await messageOf(latin1), `${ONE}lab.yaml:2:3: ${bytes}`);
  assert.equal(
    await messageOf("good morning"),
    `${ONE}lab.yaml:1:1: a bench file is no map; write "bench: …", "roles: …"`,
  );
});

Deno.test("a file that cannot be read is told", async () => {
  const said = async (path: string) => (await loadBench(path).catch((error) => error)).message;
  const head = (path: string) => `Cannot use the bench file "${path}": `;
  assert.equal(
    await said("no/such.yaml"),
    `${head("no/such.yaml")}there is no such file; check the path`,
  );
  assert.equal(await said("hil"), `${head("hil")}it is a folder; name a file in it`);
  assert.equal(
    await said("/dev/zero"),
    `${head("/dev/zero")}it is larger than 1 MB; name a bench file`,
  );
  assert.equal(
    await said("deno.json/x"),
    `${head("deno.json/x")}a part of its path is no folder; check the path`,
  );
});

Deno.test("aliases that grow without bound and values nested without end are told", async () => {
  const bomb = ["a: &a [x, x, x, x, x, x, x, x, x, x]"];
  for (const [name, before] of ["ba", "cb", "dc", "ed", "fe", "gf", "hg", "ih"]) {
    bomb.push(`${name}: &${name} [${Array(10).fill(`*${before}`).join(", ")}]`);
  }
  const most = "the file has more than 20000 values, aliases included; shorten it";
  const deep = "values are nested too deeply; nest 50 levels at most";
  assert((await messageOf(bomb.join("\n"))).includes(most));
  assert((await messageOf("a: &a [*a, *a]")).includes(deep));
  assert((await messageOf(`a: ${"[".repeat(60)}${"]".repeat(60)}`)).includes(deep));
  for (const opening of ["[", "- ", "? ", "{a: "]) {
    assert((await messageOf(opening.repeat(100_000))).includes(deep), opening);
  }
});

/** Numbers that look like chance and are the same in every run (Marsaglia's xorshift, 32 bits). */
function xorshift(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

Deno.test("damaged bench files give a bench or a BenchError, never another error", async () => {
  const { parseBench } = await import("./_shape.ts");
  const below = xorshift(20261124);
  const pieces = [
    ..."\t\n :-[]{}#&*!|>'\"%@`,?\\\0\u2028\ufeff",
    "<<: ",
    "*serial",
    "&serial ",
    "!!x ",
  ];
  const outcomes = { good: 0, wrong: 0 };
  for (let round = 0; round < 2_000; round++) {
    let text = GOOD;
    for (let change = below(4) + 1; change > 0; change--) {
      const at = below(text.length), length = below(3) ? below(3) : below(40);
      const piece = below(3)
        ? pieces[below(pieces.length)]!
        : text.slice(below(text.length)).slice(0, 9);
      text = text.slice(0, at) + piece + text.slice(at + length);
    }
    try {
      parseBench(text, { path: "/lab.yaml", shown: "lab.yaml" });
      outcomes.good++;
    } catch (error) {
      assert(error instanceof BenchError, `round ${round}: ${(error as Error).stack}\n${text}`);
      assert(error.problems.every(({ line, column }) => line! >= 1 && column! >= 1), text);
      outcomes.wrong++;
    }
  }
  assert(outcomes.good > 50 && outcomes.wrong > 1_000, JSON.stringify(outcomes));
});
