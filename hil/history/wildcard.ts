/** Names as people write them for many: `*` stands for any text, and nothing else is special. */

/** A pattern for all of a name. @param flags of the regular expression */
export function wildcard(text: string, flags = ""): RegExp {
  const parts = text.split("*").map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`, `su${flags}`);
}
