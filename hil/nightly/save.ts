/** The files of a night: in a folder of its own, and where CI looks for those of the last one. */
import { relative, resolve } from "node:path";
import { writeAtomically, writeJunit } from "../report/mod.ts";
import { nightAsRun } from "./junit.ts";
import { nightNames } from "./memory.ts";
import type { NightResult } from "./model.ts";
import type { News } from "./notify.ts";
import { subjectOf, summaryOf } from "./summary.ts";
import { summaryHtml, summaryMarkdown, summaryText } from "./write_down.ts";

export interface NightFolders {
  /** Of the repository, absolute, as are the others. */
  readonly root: string;
  readonly nights: string;
  /** Of this night. */
  readonly own: string;
  /** Of whatever night was last. */
  readonly latest: string;
  readonly recordings: string;
}

/** The folders below the one for reports; that of the night is made. @throws Error */
export function nightFolders(
  { root, reports, startedAt }: { root: string; reports: string; startedAt: Date },
): NightFolders & { readonly id: string } {
  const nights = `${reports}/nights`;
  const time = startedAt.toISOString().slice(0, 19).replace(/[-:]/g, "").replace("T", "-");
  for (let number = 1;; number++) {
    const id = number === 1 ? time : `${time}-${number}`;
    try {
      Deno.mkdirSync(nights, { recursive: true });
      Deno.mkdirSync(`${nights}/${id}`);
    } catch (error) {
      if (error instanceof Deno.errors.AlreadyExists && number < 1000) continue;
      throw new Error(
        `Cannot make the folder "${nights}/${id}": ${(error as Error).message}; look at the disk`,
        { cause: error },
      );
    }
    const own = `${nights}/${id}`;
    return {
      id,
      root,
      nights,
      own,
      latest: `${reports}/nightly`,
      recordings: `${nights}/recordings`,
    };
  }
}

const NAMES = {
  text: "summary.txt",
  markdown: "summary.md",
  html: "summary.html",
  json: "night.json",
  junit: "junit.xml",
} as const;

/** Absolute paths of the last night's files. */
export function filesOf({ latest }: NightFolders): News["files"] {
  const named = Object.entries(NAMES).map(([kind, name]) => [kind, `${latest}/${name}`]);
  return Object.fromEntries(named) as unknown as News["files"];
}

/** Writes all of them; gives a sentence for each that could not be written. */
export async function saveNight(
  night: NightResult,
  folders: NightFolders,
  benchFile: string,
): Promise<string[]> {
  const problems: string[] = [];
  for (const folder of [folders.own, folders.latest]) {
    const texts = textsOf(night, folders, folder);
    const writes = [
      ...(["text", "markdown", "html", "json"] as const).map((kind) => () =>
        writeAtomically(`${folder}/${NAMES[kind]}`, texts[kind], "summary of the night")
      ),
      () => writeJunit(nightAsRun(night, benchFile), `${folder}/${NAMES.junit}`),
    ];
    for (const write of writes) {
      try {
        await write();
      } catch (error) {
        problems.push((error as Error).message);
      }
    }
  }
  return problems;
}

function textsOf(night: NightResult, { root }: NightFolders, folder: string) {
  const summary = summaryOf(night);
  const link = (path: string) => encodeURI(relative(folder, resolve(root, path)));
  return {
    text: summaryText(summary),
    markdown: summaryMarkdown(summary),
    html: summaryHtml(summary, { title: subjectOf(night), link }),
    json: `${JSON.stringify(night, null, 1)}\n`,
  };
}

/** What notifiers are given. */
export function newsOf(night: NightResult, folders: NightFolders, before?: number): News {
  const { text, markdown, html } = textsOf(night, folders, folders.latest);
  const subject = subjectOf(night);
  const { json: saved, ...files } = filesOf(folders);
  return {
    ...{ subject, exitCode: night.exitCode, before },
    files: { ...files, json: saved },
    texts: {
      ...{ text, markdown, html, mail: mailOf(subject, text) },
      json: `${JSON.stringify({ subject, exitCode: night.exitCode, text, markdown })}\n`,
    },
  };
}

/** A message as sendmail takes it (RFC 5322), but for its receivers. */
function mailOf(subject: string, text: string): string {
  const headers = [
    `Subject: ${subject}`,
    "MIME-Version: 1.0",
    "Content-Type: text/plain; charset=utf-8",
    "Content-Transfer-Encoding: 8bit",
    "Auto-Submitted: auto-generated",
  ];
  return `${headers.join("\n")}\n\n${text}`;
}

/** Nights that stay, however old: the next one asks them. */
const KEPT = 14;

/** Removes the folders of old nights; gives a sentence for each that could not be removed. */
export function pruneNights(nights: string, ageMs: number, now: Date): string[] {
  const problems: string[] = [];
  for (const name of nightNames(nights).slice(KEPT)) {
    const [, y, mo, d, h, mi, s] = name.match(/^(\d{4})(\d\d)(\d\d)-(\d\d)(\d\d)(\d\d)/)!;
    const began = Date.UTC(Number(y), Number(mo) - 1, Number(d), Number(h), Number(mi), Number(s));
    if (now.getTime() - began <= ageMs) continue;
    try {
      Deno.removeSync(`${nights}/${name}`, { recursive: true });
    } catch (error) {
      const why = (error as Error).message;
      problems.push(`Cannot remove the old night "${nights}/${name}": ${why}; remove it by hand`);
    }
  }
  return problems;
}
