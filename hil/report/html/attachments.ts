/** Files that a scenario left: small images and texts go into the report, others are linked. */
import type { Attempt } from "../result.ts";
import { plainText } from "../text.ts";
import type { AttachmentDetail } from "./model.ts";

const IMAGES: Readonly<Record<string, string>> = {
  png: "image/png",
  jpg: "image/jpeg",
  jpeg: "image/jpeg",
  gif: "image/gif",
  webp: "image/webp",
  svg: "image/svg+xml",
};
const TEXTS = new Set(["txt", "md", "log", "csv", "json", "yaml", "yml", "xml", "html"]);
const LONGEST_TEXT = 256 * 1024;
const LARGEST_IMAGE = 1024 * 1024;

/** Where files are, seen from the report. */
export interface Links {
  /** Absolute path of one that is relative to the repository root. */
  absolute(path: string): string;
  /** As a link of the report. */
  href(path: string): string;
}

/** @param room how many bytes may still be embedded; what is is taken from it */
export async function attachmentDetails(
  attempt: Attempt,
  links: Links,
  room: { bytes: number },
): Promise<AttachmentDetail[]> {
  return await Promise.all(attempt.attachments.map(async ({ path, title }) => {
    const base = { title, path, href: links.href(path) };
    const file = links.absolute(path);
    const bytes = await size(file);
    if (bytes === undefined || !isBelow(file, links.absolute(attempt.trace))) return base;
    const limit = Math.min(room.bytes, isImage(path) ? LARGEST_IMAGE : LONGEST_TEXT);
    if (bytes > limit) return { ...base, bytes };
    const content = await embedded(file);
    if (content.text !== undefined || content.image !== undefined) room.bytes -= bytes;
    return { ...base, bytes, ...content };
  }));
}

async function embedded(file: string): Promise<{ text?: string; image?: string }> {
  const extension = extensionOf(file);
  try {
    if (isImage(file)) {
      const content = await Deno.readFile(file);
      return { image: `data:${IMAGES[extension]};base64,${content.toBase64()}` };
    }
    return TEXTS.has(extension) ? { text: plainText(await Deno.readTextFile(file)) } : {};
  } catch {
    return {}; // The link says what is wrong with it.
  }
}

async function size(file: string): Promise<number | undefined> {
  try {
    const { isFile, size } = await Deno.lstat(file);
    return isFile ? size : undefined;
  } catch {
    return undefined;
  }
}

function extensionOf(path: string): string {
  return path.slice(path.lastIndexOf(".") + 1).toLowerCase();
}

function isImage(path: string): boolean {
  return Object.hasOwn(IMAGES, extensionOf(path));
}

/** A trace names its attachments, and may be anybody's: it gets no file from elsewhere embedded. */
function isBelow(file: string, trace: string): boolean {
  const folder = trace.slice(0, trace.lastIndexOf("/") + 1);
  return folder !== "" && file.startsWith(folder) && !file.includes("/../");
}
