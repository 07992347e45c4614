import assert from "node:assert/strict";
import { OPTIONS } from "./config/mod.ts";

const MAIN = new URL("./main.ts", import.meta.url).pathname;

/** The command, with no permission but to read. */
async function sipban(...args: string[]) {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-check", "--no-prompt", "--allow-read", "--allow-env", MAIN, ...args],
  }).output();
  const [out, said] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  return { code, out: out!, said: said! };
}

Deno.test("--help has all commands, and all options with their defaults", async () => {
  const { code, out } = await sipban("--help");
  assert.equal(code, 0);
  for (const command of ["run", "list", "ban", "unban", "status", "permissions", "replay"]) {
    assert.match(out, new RegExp(`^  ${command}\\b`, "m"));
  }
  for (const name of Object.keys(OPTIONS)) assert.match(out, new RegExp(`^  --${name} `, "m"));
  assert.match(out, /--max-failures .*\[10\]$/m);
});

const WRONG: readonly (readonly [args: string[], code: number, said: RegExp])[] = [
  [[], 2, /^Cannot do "": it is no command; --help has all$/m],
  [["run", "--max-failures"], 2, /^Cannot read --max-failures: it has no value; give one$/m],
  [["run", "--max-failures=many"], 2, /^command line: Cannot set max-failures to "many": /],
  [["run", "--config=/none.yaml"], 2, /^Cannot read the configuration "\/none.yaml": there is no/],
  [["unban"], 2, /^Cannot unban nobody: no address was given; write unban 203.0.113.7$/m],
  [["ban", "203.0.113.7", "--for=soon"], 2, /^Cannot ban for "soon": it is no time; write seconds/],
  [["replay", "/none.pcap"], 2, /whose answers count is not known; give --own ADDRESS$/m],
  [["replay", "/none.pcap", "--own=::1"], 2, /^Cannot read the capture "\/none.pcap": there is no/],
  [
    ["replay", MAIN, "--own=::1"],
    1,
    /^Cannot read the capture at byte "0": it begins like neither/,
  ],
  [["status"], 1, /"sipban permissions" with the same options has the flags of deno run for it$/m],
];

Deno.test("what is wrong is said in a line, with the status for it", async () => {
  await Promise.all(WRONG.map(async ([args, code, said]) => {
    const answer = await sipban(...args);
    assert.match(answer.said, said, args.join(" "));
    assert.equal(answer.code, code, args.join(" "));
    assert.doesNotMatch(answer.said, /^ +at /m);
  }));
});
