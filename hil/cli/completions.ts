/**
 * `hil completions SHELL`: a script that completes commands, options, targets and files, for bash,
 * zsh and fish. The shell asks `hil completions words`, so that it knows what this version knows.
 */
import { print, printError } from "./output.ts";
import { nearest } from "../bench/mod.ts";
import { UsageError } from "./command_line.ts";
import { complete, wordsOf } from "./complete.ts";

const ASK = "deno task --quiet hil completions words";

const SCRIPTS: Readonly<Record<string, string>> = {
  bash: `# hil for bash. In the project:  source <(deno task --quiet hil completions bash)
type hil >/dev/null 2>&1 || hil() { deno task --quiet hil "$@"; }
_hil() {
  local IFS=$'\\n' word reply
  COMPREPLY=()
  # Of a word with "=" or ":" in it, readline completes what is behind that.
  word=\${COMP_LINE:0:COMP_POINT}
  word=\${word##* }
  # What the shell itself takes apart is left to it.
  [[ $word == [~\\$]* ]] && { compopt -o default; return; }
  local head=\${word%"\${word##*[=:]}"}
  while read -r reply; do
    # So that readline quotes it, and an open quote stays open at a folder.
    [[ $reply == *[!a-zA-Z0-9_.,:=+@%-]* ]] && compopt -o filenames
    COMPREPLY+=("\${reply#"$head"}")
  done < <(${ASK} line -- "\${COMP_LINE:0:COMP_POINT}" 2>/dev/null)
  [[ \${COMPREPLY[0]} == *[/=,] ]] && compopt -o nospace
}
complete -F _hil hil
`,
  zsh: `# hil for zsh. In the project:  source <(deno task --quiet hil completions zsh)
(( $+functions[compdef] )) || { autoload -Uz compinit && compinit }
(( $+commands[hil] )) || hil() { deno task --quiet hil "$@" }
_hil() {
  local -a open whole
  local word
  # What the shell itself takes apart is left to it.
  if [[ $PREFIX == [~$]* ]]; then _files; return; fi
  for word in \${(f)"$(${ASK} words -- "\${(@Q)words[2,CURRENT-1]}" "\${(Q)PREFIX}" 2>/dev/null)"}; do
    [[ $word == *[/=,] ]] && open+=("$word") || whole+=("$word")
  done
  compadd -S '' -- $open
  compadd -- $whole
}
compdef _hil hil
`,
  fish: `# hil for fish. In the project:  deno task --quiet hil completions fish | source
type -q hil; or function hil; deno task --quiet hil $argv; end
function __hil
  set -l word (commandline -ct)
  # A quote may be open yet.
  set -l plain (string unescape -- "$word"; or string unescape -- "$word\\""; or string unescape -- "$word'")
  ${ASK} words -- (commandline -opc)[2..] "$plain" 2>/dev/null
end
# What the shell itself takes apart is left to it.
complete -c hil -n 'string match -qr "^[~\\\\$]" -- (commandline -ct)' -F
complete -c hil -n 'not string match -qr "^[~\\\\$]" -- (commandline -ct)' -f -a '(__hil)'
`,
};

/**
 * @returns the exit code
 * @throws UsageError
 */
export async function completions(args: readonly string[]): Promise<number> {
  const [shell = "", how, , ...rest] = args;
  if (shell === "words") {
    const words = how === "line" ? wordsOf(rest[0] ?? "").slice(1) : rest;
    const found = await complete(words);
    if (found.length > 0) print(found.join("\n"));
    return 0;
  }
  if (args.length > 1) {
    throw new UsageError(`Cannot use "${how}": completions takes one shell; leave it out`);
  }
  const script = Object.hasOwn(SCRIPTS, shell) ? SCRIPTS[shell] : undefined;
  if (script === undefined) {
    const shells = Object.keys(SCRIPTS);
    const near = nearest(shell, shells);
    throw new UsageError(
      shell === ""
        ? `Cannot print completions: no shell is named; give one of ${shells.join(", ")}`
        : `Cannot print completions for "${shell}": ` +
          (near ? `did you mean "${near}"?` : `there are some for ${shells.join(", ")}`),
    );
  }
  print(script.trimEnd());
  if (Deno.stdout.isTerminal()) printError(`\n(${script.split("\n", 1)[0]!.slice(2)})`);
  return 0;
}

export function completionsHelp(): string {
  return `hil completions: makes a shell complete commands, options, targets and files

Usage
  deno task --quiet hil completions bash|zsh|fish   prints a script for that shell

Examples
  source <(deno task --quiet hil completions bash)        bash, now
  source <(deno task --quiet hil completions zsh)         zsh, now
  deno task --quiet hil completions fish | source         fish, now
  deno task --quiet hil completions bash >> ~/.bashrc     bash, from now on

The script also defines "hil" as "deno task --quiet hil", unless there is such a command.

Exit codes
  0    printed
  2    no such shell`;
}
