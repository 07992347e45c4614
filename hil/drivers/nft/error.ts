/** What nft refuses, for those who catch it. */
import { registerError } from "../../record/errors.ts";

export class NftError extends Error {
  override readonly name = "NftError";

  /**
   * @param command what was asked, or its beginning
   * @param reasons as nft says them: "No such file or directory"
   */
  constructor(
    readonly command: string,
    readonly reasons: readonly string[],
    options?: ErrorOptions,
  ) {
    const remedy = remedyFor(reasons.join());
    super(`Cannot run nft "${command}": ${reasons.join("; ")}; ${remedy}`, options);
  }
}
registerError(NftError);

const REMEDIES: readonly (readonly [RegExp, string])[] = [
  [/not permitted/i, "be root, or have CAP_NET_ADMIN"],
  [/failed to execute|no such program/, "install it: apt-get install nftables"],
  [/cannot open .*ns|reassociate/, "make the network namespace first, and be root"],
  [/No such file or directory/, "somebody has removed the table: open the filter again"],
  [/not supported|cache initialization/i, "load the kernel's nf_tables module"],
];

function remedyFor(reason: string): string {
  return REMEDIES.find(([pattern]) => pattern.test(reason))?.[1] ?? "nft(8) has what is allowed";
}

/** The reasons in what nft has said on stderr: each "Error: …", without the echo of the command. */
export function reasonsIn(text: string): string[] {
  const reasons = [...text.matchAll(/^(?:[\w: -]*: )?Error: (.*)$/gm)].map(([, reason]) =>
    reason!.replace(/^Could not process rule: /, "")
  );
  return [...new Set(reasons)];
}
