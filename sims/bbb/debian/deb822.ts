/** Paragraphs of `Field: value`, as apt and dpkg write them (deb822(5)). */

/** By the field's name in lower case. Lines of a value that goes on are kept apart by newlines. */
export type Paragraph = ReadonlyMap<string, string>;

/** Comments are left out; a line that is no field and continues none is not looked at. */
export function parseParagraphs(text: string): Paragraph[] {
  const paragraphs: Map<string, string>[] = [];
  let current: Map<string, string> | undefined, field: string | undefined;
  for (const line of text.split(/\r?\n/)) {
    if (line.startsWith("#")) continue;
    if (line.trim() === "") {
      current = field = undefined;
    } else if (/^[ \t]/.test(line)) {
      if (current && field) current.set(field, `${current.get(field)}\n${line.trim()}`.trim());
    } else {
      const colon = line.indexOf(":");
      if (colon <= 0) continue;
      if (!current) paragraphs.push(current = new Map());
      current.set(field = line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim());
    }
  }
  return paragraphs;
}
