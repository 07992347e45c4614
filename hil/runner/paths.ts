/** Paths and `file:` URLs. */

/** The URL of an absolute path, whatever characters are in it. */
export function fileUrl(path: string): string {
  return new URL(`file://${encodeURI(path).replace(/[?#]/g, encodeURIComponent)}`).href;
}

/** Absolute, without `.`, `..` and a slash at its end. */
export function absolute(root: string, path: string): string {
  const url = fileUrl(path.startsWith("/") ? path : `${root}/${path}`);
  return decodeURIComponent(new URL(url).pathname).replace(/(?<=.)\/+$/, "");
}

/** A path below `root` without it; others stay absolute. */
export function relativeTo(root: string, path: string): string {
  return path.startsWith(`${root}/`) ? path.slice(root.length + 1) : path;
}
