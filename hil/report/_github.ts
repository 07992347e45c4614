/**
 * Workflow commands of GitHub Actions: annotations and groups
 * (docs.github.com, "Workflow commands for GitHub Actions"; escapes as in `@actions/core`).
 */
import { plainText } from "./text.ts";

export interface Place {
  readonly file: string;
  readonly line: number;
  readonly title: string;
}

/** `::error file=…,line=…,title=…::message`. */
export function annotation(level: "error" | "warning", message: string, place?: Place): string {
  const properties = place
    ? ` file=${property(place.file)},line=${place.line},title=${property(place.title)}`
    : "";
  return `::${level}${properties}::${data(plainText(message))}`;
}

/** Lines that are folded until somebody opens them. */
export function group(title: string, lines: readonly string[]): string[] {
  return [`::group::${data(plainText(title))}`, ...lines, "::endgroup::"];
}

/** A line that is no command, whatever a target said. */
export function harmless(line: string): string {
  return line.replace(/^(\s*)(?=::)/, "$1| ").replaceAll("##[", "## [");
}

function data(value: string): string {
  return value.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function property(value: string): string {
  return data(plainText(value)).replaceAll(":", "%3A").replaceAll(",", "%2C");
}
