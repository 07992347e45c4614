/** Which commit and branch a project is at: for the history, in which a change has a commit. */
import type { Commit } from "../report/mod.ts";
import { seconds, withLimit } from "../time/mod.ts";
import type { Code } from "./code.ts";

/** On a disk that is slow or away, the run does without. */
const LIMIT = seconds(10);
/** A CI's checkout is on no branch; it says here which it is of. GitLab, GitHub. */
const BRANCHES = ["CI_COMMIT_REF_NAME", "GITHUB_HEAD_REF", "GITHUB_REF_NAME"];

/** The code of the project at `root` with its branch; undefined when nobody knows the commit. */
export async function commitOf(
  root: string,
  { commit: hash, changes }: Code,
): Promise<Commit | undefined> {
  if (hash === undefined) return undefined;
  const branch = await branchAt(root) ??
    BRANCHES.map((name) => Deno.env.get(name)).find(Boolean);
  return { hash, ...(branch && { branch }), dirty: changes !== undefined };
}

async function branchAt(root: string): Promise<string | undefined> {
  try {
    const child = new Deno.Command("git", {
      args: ["-C", root, "symbolic-ref", "--short", "--quiet", "HEAD"],
      ...{ stdin: "null", stdout: "piped", stderr: "null" },
    }).spawn();
    const output = await withLimit(child.output(), LIMIT, () => {
      child.kill("SIGKILL");
      return undefined;
    });
    const name = output?.success ? new TextDecoder().decode(output.stdout).trim() : "";
    return name || undefined;
  } catch {
    return undefined; // There is no git any more.
  }
}
