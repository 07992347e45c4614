/** The scripts of `hil completions` in their shells, and a person who types and presses TAB. */
import assert from "node:assert/strict";
import { programAtTerminal, type Turn } from "./_terminal.ts";
import { hil, type TestFolder, testFolder } from "./_testing.ts";
import { ROOT } from "./paths.ts";
import { findTool } from "./tools.ts";

/** TAB, and then what the line has become: `show` in a shell's start file prints and clears it. */
const TAB_AND_SHOW = "\t\x18s";

const START = {
  bash: (script: string) =>
    `source '${script}'; PS1='READY '
     show() { echo "[[$READLINE_LINE]]"; READLINE_LINE=; }
     bind -x '"\\C-xs": show'`,
  // What it warns of depends on the machine.
  zsh: (script: string) =>
    `autoload -Uz compinit; compinit -u -D; source '${script}'; PS1='READY '
     show() { print -r -- "[[$BUFFER]]"; BUFFER=; zle reset-prompt }
     zle -N show; bindkey '^Xs' show`,
};

/** Without the start files of the machine and of whoever runs the test. */
const COMMAND = {
  bash: (folder: string) => ["bash", "--noprofile", "--rcfile", `${folder}/.zshrc`, "-i"],
  zsh: () => ["zsh", "-d", "-i"],
};

/** A folder with names that a shell takes apart, and `deno` for the scripts. */
async function lab(): Promise<TestFolder> {
  const folder = await testFolder();
  await folder.program("deno", `exec "${Deno.execPath()}" "$@"`);
  await Deno.mkdir(`${folder.path}/a b`);
  await folder.write("a b/it's.scenario.ts", "");
  await folder.write("notes.txt", "");
  return folder;
}

function environment({ path }: TestFolder): Record<string, string> {
  return {
    ...{ PATH: `${path}/bin:${Deno.env.get("PATH")}`, NO_COLOR: "1", LC_ALL: "C.UTF-8" },
    ...{ ZDOTDIR: path, XDG_CONFIG_HOME: path, XDG_DATA_HOME: path, INPUTRC: "/dev/null" },
    SPOT: path,
  };
}

async function scriptFor(folder: TestFolder, shell: string): Promise<string> {
  const { code, stdout } = await hil(folder, ["completions", shell]);
  assert.equal(code, 0);
  await folder.write(`hil.${shell}`, stdout);
  return `${folder.path}/hil.${shell}`;
}

/** Types each line and TAB; gives what became of it. */
async function typed(
  folder: TestFolder,
  shell: keyof typeof START,
  lines: readonly string[],
): Promise<string[]> {
  await folder.write(".zshrc", START[shell](await scriptFor(folder, shell)));
  const turns = lines.map((line, i): Turn => [i ? "]]" : "READY ", `${line}${TAB_AND_SHOW}`]);
  const { shown } = await programAtTerminal(
    COMMAND[shell](folder.path),
    environment(folder),
    [...turns, ["]]", "exit\r"]],
  );
  return [...shown.matchAll(/\[\[(.*?)\]\]/g)].map(([, line]) => line!);
}

for (const shell of ["bash", "zsh"] as const) {
  Deno.test({
    name: `${shell} completes commands, options, targets, and names with spaces and quotes`,
    ignore: lacks(shell),
    fn: async () => {
      await using folder = await lab();
      const at = folder.path;
      const cases = [
        ["hil docto", "hil doctor "],
        ["hil --use=diskcache=m", "hil --use=diskcache=model "],
        ["hil --use diskcache=m", "hil --use diskcache=model "],
        ["hil scenarios/webs", "hil scenarios/websocket/"],
        [`hil "scenarios/webs`, `hil "scenarios/websocket/`],
        [`hil ${at}/a`, `hil ${at}/a\\ b/`],
        [`hil ${at}/a\\ b/`, `hil ${at}/a\\ b/it\\'s.scenario.ts `],
        [`hil "${at}/a b/`, `hil "${at}/a b/it's.scenario.ts" `],
        ["hil import $SPOT/no", "hil import $SPOT/notes.txt "],
        ["hil doctor x", "hil doctor x"],
      ];
      const became = await typed(folder, shell, cases.map(([line]) => line!));
      assert.deepEqual(became, cases.map(([, line]) => line));
    },
  });
}

Deno.test({
  name: "fish completes commands, options, targets, and names with spaces and quotes",
  ignore: lacks("fish"),
  fn: async () => {
    await using folder = await lab();
    const at = folder.path;
    const cases: readonly (readonly [line: string, found: readonly string[]])[] = [
      ["hil docto", ["doctor"]],
      ["hil replay --un", ["--until"]],
      ["hil --use=board=", ["--use=board=sim"]],
      ["hil --use diskcache=model,", ["diskcache=model,qemu", "diskcache=model,qemu-recorded"]],
      [`hil "scenarios/webs`, ["scenarios/websocket/"]],
      [`hil '${at}/a`, [`${at}/a b/`]],
      [`hil ${at}/a\\ b/`, [`${at}/a b/it's.scenario.ts`]],
      ["hil import $SPOT/no", ["$SPOT/notes.txt"]],
      ["hil doctor x", []],
    ];
    const asked = cases.map((_, i) => `echo "[[$(complete -C $argv[${i + 1}] | string collect)]]"`);
    const source = `source '${await scriptFor(folder, "fish")}'`;
    const { stdout } = await new Deno.Command("fish", {
      args: ["--no-config", "-c", [source, ...asked].join("\n"), ...cases.map(([line]) => line)],
      cwd: ROOT,
      env: environment(folder),
      stderr: "inherit",
    }).output();
    const found = [...new TextDecoder().decode(stdout).matchAll(/\[\[([^]*?)\]\]/g)]
      .map(([, list]) => list!.split("\n").filter((word) => word !== ""));
    assert.deepEqual(found, cases.map(([, list]) => list));
  },
});

function lacks(shell: string): boolean {
  const missing = findTool(shell) === undefined;
  if (missing) {
    console.log(`skipped: no ${shell}; deno task hil doctor --install`);
  }
  return missing;
}
