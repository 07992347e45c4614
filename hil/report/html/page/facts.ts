/** What is to be known of an attempt beside its time axis: failure, limits, files, versions. */
import type { AttachmentDetail, AttemptDetail, ScenarioDetail } from "../model.ts";
import { copyButton, link, make } from "./dom.ts";
import { bytesText, compactJson, numberText } from "./format.ts";

type Measurement = AttemptDetail["measurements"][number];

const BLAMED: Readonly<Record<string, string>> = {
  ...{ product: "the system under test", bench: "the bench", harness: "the harness" },
  ...{ scenario: "the scenario" },
};

export function failureCard(
  failure: NonNullable<AttemptDetail["failure"]>,
  replay?: string,
): HTMLElement {
  const { name, message, blame, file, line, running = [], stack } = failure;
  const [head = "", ...evidence] = message.split("\n");
  return make(
    "section",
    { class: "failure card", "aria-label": "Failure" },
    make("h2", { class: "what" }, head),
    evidence.length > 0 && make("pre", { tabindex: 0 }, evidence.join("\n")),
    make(
      "p",
      { class: "facts" },
      `${name} · likely to blame: ${BLAMED[blame] ?? blame}`,
      file !== undefined && ` · at ${file}:${line ?? "?"}`,
    ),
    running.length > 0 && make("p", { class: "facts" }, `running: ${running.join(" › ")}`),
    replay !== undefined && commandLine(replay, "replays it up to here"),
    stack !== undefined &&
      make("details", {}, make("summary", {}, "Stack"), make("pre", { tabindex: 0 }, stack)),
  );
}

/** @param does what it does: "runs it again" */
export function commandLine(command: string, does = "runs it again"): HTMLElement | undefined {
  if (command === "") return undefined;
  return make(
    "div",
    { class: "command" },
    make("span", { class: "unseen" }, `Command that ${does}: `),
    make(
      "code",
      { tabindex: 0, role: "note", "aria-label": `Command that ${does}` },
      command,
    ),
    copyButton(command),
  );
}

export function versionsText({ result }: ScenarioDetail): string {
  const roles = Object.entries(result.versions ?? {});
  return roles.map(([role, { target: _, ...versions }]) => {
    const text = compactJson(versions);
    return text === "" ? "" : `${role}: ${text}`;
  }).filter(Boolean).join(" · ");
}

export function measurementsCard(measurements: readonly Measurement[]): HTMLElement | undefined {
  if (measurements.length === 0) return undefined;
  const rows = measurements.map((measurement) => {
    const { name, value, unit, verdict, within } = measurement;
    return make(
      "tr",
      { class: verdict },
      make("th", { scope: "row" }, name),
      make("td", { class: "value" }, numberText(value)),
      make("td", {}, unit),
      make("td", {}, within ? limitsText(within) : "–"),
      make("td", { class: "scale" }, within ? limitBar(measurement) : ""),
      make("td", { class: "verdict" }, verdict),
    );
  });
  const heads = ["measured", "value", "unit", "limits", "within the limits", "verdict"];
  return make(
    "section",
    { class: "measurements card", "aria-label": "Measurements" },
    make("div", { class: "tools" }, make("h2", {}, "Measurements")),
    make(
      "div",
      { class: "scroll", tabindex: 0, role: "group", "aria-label": "Table of measurements" },
      make(
        "table",
        {},
        make(
          "thead",
          {},
          make("tr", {}, ...heads.map((head) => make("th", { scope: "col" }, head))),
        ),
        make("tbody", {}, ...rows),
      ),
    ),
  );
}

type Limits = readonly [min: number | null, max: number | null];

function limitsText([min, max]: Limits): string {
  if (min === null && max === null) return "–";
  if (min === null) return `≤ ${numberText(max!)}`;
  return max === null ? `≥ ${numberText(min)}` : `${numberText(min)} … ${numberText(max)}`;
}

/** Where the value is: the limits are the ends of the middle part. */
function limitBar({ value, within, verdict }: Measurement): HTMLElement {
  const [min, max] = within!;
  const low = min ?? (max! >= 0 ? Math.min(0, value) : max! * 2);
  const high = max ?? Math.max(value, min! > 0 ? min! * 2 : 0);
  const span = high - low || 1;
  const share = Math.min(1.12, Math.max(-0.12, (value - low) / span));
  const mark = make("i", { class: verdict });
  mark.style.left = `${12 + share * 76}%`;
  const open = `${min === null ? " open-left" : ""}${max === null ? " open-right" : ""}`;
  return make("span", { class: `bar${open}`, "aria-hidden": "true" }, mark);
}

export function attachmentsCard(attempt: AttemptDetail): HTMLElement | undefined {
  const { attachments, trace } = attempt;
  const files = attachments.map(attachment);
  if (trace) {
    files.push(make(
      "li",
      {},
      link(trace.href, "the trace", { target: "_blank", rel: "noreferrer" }),
      make("span", { class: "note" }, ` ${trace.path}`),
    ));
  }
  if (files.length === 0) return undefined;
  return make(
    "section",
    { class: "attachments card", "aria-label": "Files" },
    make("div", { class: "tools" }, make("h2", {}, "Files")),
    make("ul", {}, ...files),
  );
}

function attachment({ title, path, href, bytes, text, image }: AttachmentDetail): HTMLElement {
  const name = path.slice(path.lastIndexOf("/") + 1);
  const size = bytes === undefined ? "" : `, ${bytesText(bytes)}`;
  const head = [
    link(href, title, { target: "_blank", rel: "noreferrer" }),
    make("span", { class: "note" }, ` ${name}${size}`),
  ];
  if (image !== undefined) {
    return make("li", { class: "shown" }, ...head, make("img", { src: image, alt: title }));
  }
  if (text === undefined) return make("li", {}, ...head);
  const shown = make("details", {}, make("summary", {}, "Show"));
  shown.addEventListener("toggle", () => {
    if (shown.open && shown.childElementCount === 1) {
      shown.append(make("pre", { tabindex: 0, "aria-label": title }, text));
    }
  });
  return make("li", {}, ...head, shown);
}

export function outputCard({ output }: AttemptDetail): HTMLElement | undefined {
  if (output.trim() === "") return undefined;
  return make(
    "details",
    { class: "output card" },
    make("summary", {}, "Output, as the console and JUnit have it"),
    make("pre", { tabindex: 0, "aria-label": "Output" }, output),
  );
}
