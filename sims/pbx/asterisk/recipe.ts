/** What the images of the Asterisk variants are made of. */

/** Which Asterisk: chan_sip runs on the same image as 16 with PJSIP. */
export type AsteriskVersion = "16" | "22";

export interface Recipe {
  readonly version: AsteriskVersion;
  /** Debian's suite that has it. */
  readonly suite: string;
  /** With what they depend on, and what is essential to Debian. */
  readonly packages: readonly string[];
  /** Files that are left out. */
  readonly without: readonly string[];
}

/** Apache stands before Asterisk as a proxy for WSS. */
const PACKAGES = ["asterisk", "apache2"];
const WITHOUT = ["/usr/share/doc/*", "/usr/share/man/*", "/usr/share/locale/*"];

export const RECIPES: Readonly<Record<AsteriskVersion, Recipe>> = {
  "16": { version: "16", suite: "bullseye", packages: PACKAGES, without: WITHOUT },
  "22": { version: "22", suite: "sid", packages: PACKAGES, without: WITHOUT },
};

/** Of the image: another recipe makes another image. */
export async function imageTag(recipe: Recipe, architecture = Deno.build.arch): Promise<string> {
  const bytes = new TextEncoder().encode(JSON.stringify({ ...recipe, architecture }));
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
  return `hil/asterisk:${recipe.version}-${hash.slice(0, 12)}`;
}
