/** Which code a run is of: the commit, and a fingerprint of what is not committed. */
import { createHash } from "node:crypto";

/** As it goes into the environment of a trace; nothing where git has no answer. */
export interface Code {
  readonly commit?: string;
  /** Of all that is not committed; left out when nothing is. */
  readonly changes?: string;
}

/** Characters of a fingerprint: it is to be told from others of this working tree, no more. */
const LENGTH = 16;

/** The code of the working tree at `root`. Takes 25 ms, most of it in other processes. */
export async function codeOf(root: string): Promise<Code> {
  try {
    Deno.statSync(`${root}/.git`);
    const [head, diff, others] = await Promise.all([
      git(root, "rev-parse", "HEAD"),
      git(root, "diff", "HEAD", "--no-ext-diff", "--no-color", "--binary"),
      git(root, "ls-files", "--others", "--exclude-standard", "-z"),
    ]);
    const commit = new TextDecoder().decode(head).trim();
    const untracked = new TextDecoder().decode(others).split("\0").filter(Boolean).sort();
    if (diff.length === 0 && untracked.length === 0) return { commit };
    const hash = createHash("sha256").update(diff);
    for (const path of untracked) hash.update(`\n${path}\n`).update(contents(`${root}/${path}`));
    return { commit, changes: hash.digest("hex").slice(0, LENGTH) };
  } catch {
    return {}; // No repository, or no git: nobody can say.
  }
}

/** For people: "97c7c0a with changes". */
export function codeText({ commit, changes }: Code): string {
  return commit === undefined
    ? "unknown code"
    : commit.slice(0, 7) + (changes ? " with changes" : "");
}

async function git(root: string, ...args: string[]): Promise<Uint8Array> {
  const { success, stdout } = await new Deno.Command("git", {
    ...{ args: ["-C", root, ...args], stdin: "null", stderr: "null" },
    // Nothing is to be written for a look.
    env: { GIT_OPTIONAL_LOCKS: "0" },
  }).output();
  if (!success) throw new Error(`git ${args[0]} has no answer`);
  return stdout;
}

/** Large ones are data, and count by their size. */
function contents(path: string): Uint8Array | string {
  try {
    const { size, isFile } = Deno.lstatSync(path);
    return isFile && size <= 1 << 20 ? Deno.readFileSync(path) : `${size}`;
  } catch {
    return "";
  }
}
