import assert from "node:assert/strict";
import { parseCommandLine, UsageError } from "./command_line.ts";
import { duration, regExp, shard, use, whole } from "./values.ts";

const TABLE = {
  jobs: { value: "N", help: "how many", parse: whole("number of jobs", 1, 8) },
  grep: { value: "RE", help: "which", parse: regExp },
  use: { value: "ROLE=TARGET", help: "on what", parse: use, several: true },
  list: { help: "only print" },
} as const;

/** The message of the UsageError that `act` throws. */
function messageOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    assert(error instanceof UsageError, String(error));
    return error.message;
  }
  throw new assert.AssertionError({ message: "no error" });
}

Deno.test("options and operands may come in any order, values after = or a space", () => {
  const line = [
    "a.ts",
    "--jobs",
    "2",
    "--use=x=y",
    "--list",
    "b.ts",
    "--use",
    "z=1,2",
    "--",
    "--c",
  ];
  const { values, operands } = parseCommandLine(line, TABLE);
  assert.deepEqual(operands, ["a.ts", "b.ts", "--c"]);
  const uses = [{ role: "x", targets: ["y"] }, { role: "z", targets: ["1", "2"] }];
  assert.deepEqual(values, { jobs: 2, use: uses, list: true });
  assert.deepEqual(parseCommandLine([], TABLE), { values: {}, operands: [] });
});

Deno.test("the last one counts of an option that is given twice", () => {
  const { values } = parseCommandLine(["--jobs=2", "--jobs=3"], TABLE);
  assert.equal(values.jobs, 3);
});

const MISTAKES: readonly (readonly [args: string, message: string])[] = [
  ["--jbos 2", 'Cannot use the option "--jbos": there is no such option; did you mean "--jobs"?'],
  [
    "-x",
    'Cannot use the option "-x": there is no such option; ' +
    'there is "--jobs", "--grep", "--use", "--list"',
  ],
  [
    "--toString",
    'Cannot use the option "--toString": there is no such option; ' +
    'there is "--jobs", "--grep", "--use", "--list"',
  ],
  ["--jobs", 'Cannot use the option "--jobs": it has no value; write --jobs N'],
  ["--jobs=", 'Cannot use the option "--jobs": it has no value; write --jobs N'],
  [
    "--grep --list",
    'Cannot use the option "--grep": "--list" after it looks like an option; ' +
    "write --grep RE, or --grep=--list if that is the value",
  ],
  ["--list=yes", 'Cannot use the option "--list=yes": it takes no value; write --list'],
  [
    "--jobs 0",
    'Cannot use the number of jobs "0": it is no whole number from 1 to 8; give one',
  ],
  [
    "--grep ((",
    'Cannot use the regular expression "((": unterminated group; ' +
    "correct it, with \\ before what is meant as it stands",
  ],
];

for (const [args, message] of MISTAKES) {
  Deno.test(`"${args}" is told to be wrong`, () => {
    assert.equal(messageOf(() => parseCommandLine(args.split(" "), TABLE)), message);
  });
}

Deno.test("numbers are whole, in decimal digits and within their limits", () => {
  const number = whole("seed", 0, Number.MAX_SAFE_INTEGER);
  assert.equal(number("9007199254740991"), 2 ** 53 - 1);
  for (const text of ["", "-1", "1.5", "1e3", "0x10", "9007199254740992", "NaN", " 1", "١"]) {
    assert.match(messageOf(() => number(text)), /^Cannot use the seed "/, text);
  }
});

Deno.test("durations have a number and a unit", () => {
  const known = { "90s": 90e9, "1.5 min": 90e9, "2h": 7200e9, "500ms": 500e6 };
  for (const [text, ns] of Object.entries(known)) assert.equal(duration(text).ns, ns, text);
  for (const text of ["", "90", "s", "-1s", "0s", "1e9s", "5 weeks", "9999h", "1..5s"]) {
    assert.match(messageOf(() => duration(text)), /^Cannot use the duration "/, text);
  }
});

Deno.test("a shard is one of its parts", () => {
  assert.deepEqual(shard("1/1"), { index: 1, count: 1 });
  assert.deepEqual(shard("3/12"), { index: 3, count: 12 });
  for (const text of ["", "1", "0/2", "3/2", "1/0", "-1/2", "1/2/3", "a/b", "1.5/2"]) {
    assert.match(messageOf(() => shard(text)), /^Cannot use the shard "/, text);
  }
});

Deno.test("a use is a role and its targets, each once", () => {
  assert.deepEqual(use("a=b,c,b"), { role: "a", targets: ["b", "c"] });
  assert.deepEqual(use("a=b=c"), { role: "a", targets: ["b=c"] });
  assert.deepEqual(use("a=b:c=d:e, b:f"), { role: "a", targets: ["b:c=d:e", "b:f"] });
  assert.equal(
    messageOf(() => use("a=b:")),
    'Cannot use "b:" for --use: nothing is behind the colon; write the target\'s argument there, ' +
      "or leave the colon out",
  );
  for (const text of ["", "a", "=b", "a=", "a=b,", "a=,b"]) {
    assert.match(messageOf(() => use(text)), /it is no ROLE=TARGET/, text);
  }
});
