/** Results whose every text is what a serial line may hold and XML forbids or gives a meaning. */
import { attempt, failed, result } from "./_samples.ts";
import type { ScenarioResult } from "./mod.ts";

type Random = (below: number) => number;

const HOSTILE = [
  "]]>",
  "<![CDATA[",
  "&amp;",
  "&",
  "<",
  ">",
  '"',
  "'",
  "\0",
  "\x1b[31m",
  "\x1b]0;t\x07",
  "\x1b",
  "\x7f",
  "\x85",
  "\x9b",
  "\ud800",
  "\udc00",
  "😀",
  "\ufffe",
  "\uffff",
  "\u2028",
  "\r",
  "\r\n",
  "\n",
  "\t",
  " ",
  "&#0;",
  "-->",
  "<!--",
  "<?x?>",
  "é",
  "[[ATTACHMENT|x]]",
  "a",
  "%",
  "\ufeff",
  "__proto__",
];

export function hostile(random: Random): string {
  return Array.from({ length: random(12) }, () => HOSTILE[random(HOSTILE.length)]).join("");
}

export function hostileResults(random: Random): ScenarioResult[] {
  const text = () => hostile(random);
  return Array.from({ length: 3 }, (_, i) => {
    const bad = failed(text(), {
      failure: {
        name: text(),
        message: text(),
        blame: "product",
        running: [text()],
        stack: text(),
      },
      output: text(),
      attachments: [{ path: text(), title: text() }],
      measurements: [{ type: "measure", name: text(), value: 1, unit: text(), verdict: "fail" }],
    });
    return result({
      name: text(),
      file: `f${text()}`,
      targets: { [text()]: text() },
      versions: { [text()]: { [text()]: text() } },
      reproduce: text(),
      outcome: (["failed", "flaky", "skipped"] as const)[i]!,
      attempts: i === 2 ? [] : [bad, attempt({ output: text() })],
      skip: { reason: text(), remedy: text() },
    });
  });
}
