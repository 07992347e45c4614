/** Numbers, times and words as people read them. */

/** "1.25 s", "830 µs": four digits at most. */
export function durationText(ns: number): string {
  const size = Math.abs(ns);
  if (size >= 60e9) {
    const minutes = Math.floor(size / 60e9);
    const rest = Math.round((size - minutes * 60e9) / 1e9);
    return `${ns < 0 ? "−" : ""}${minutes} min${rest > 0 ? ` ${rest} s` : ""}`;
  }
  if (size >= 1e9) return `${digits(ns / 1e9)} s`;
  if (size >= 1e6) return `${digits(ns / 1e6)} ms`;
  if (size >= 1e3) return `${digits(ns / 1e3)} µs`;
  return `${digits(ns)} ns`;
}

function digits(value: number): string {
  return String(Number(value.toPrecision(4))).replace("-", "−");
}

/** A moment, in seconds: as many decimals as the step between moments asks for. */
export function momentText(ns: number, stepNs = 1000): string {
  const decimals = Math.min(9, Math.max(0, Math.ceil(9 - Math.log10(Math.max(1, stepNs)))));
  return (ns / 1e9).toFixed(decimals);
}

/** The round step of an axis with about `count` steps over `span`. */
export function roundStep(span: number, count: number): number {
  const rough = Math.max(1, span / Math.max(1, count));
  const power = 10 ** Math.floor(Math.log10(rough));
  return [1, 2, 5, 10].map((digit) => digit * power).find((step) => step >= rough)!;
}

export function countText(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString("en")} ${count === 1 ? one : many}`;
}

export function bytesText(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  const kib = bytes / 1024;
  return kib < 1024 ? `${kib.toPrecision(3)} KiB` : `${(kib / 1024).toPrecision(3)} MiB`;
}

export function numberText(value: number): string {
  if (!Number.isFinite(value)) return "no number";
  if (Number.isInteger(value) && Math.abs(value) < 1e12) return value.toLocaleString("en");
  return String(Number(value.toPrecision(6)));
}

/** What a line has that cannot be seen is shown as its picture; the end of the line is not. */
export function visible(text: string): string {
  // deno-lint-ignore no-control-regex
  return text.replace(/[\r\n]+$/, "").replace(/[\x00-\x1f\x7f]/g, (character) => {
    const code = character.charCodeAt(0);
    if (code === 9) return "  ";
    return code === 127 ? "\u2421" : String.fromCharCode(0x2400 + code);
  });
}

/** JSON on one line, without the quotes of simple names. */
export function compactJson(value: unknown): string {
  if (value === undefined || value === null) return "";
  if (typeof value !== "object") return String(value);
  if (Array.isArray(value)) return JSON.stringify(value);
  return Object.entries(value).map(([name, field]) => {
    return `${name} ${typeof field === "string" ? field : JSON.stringify(field)}`;
  }).join(" · ");
}

/** A value that a call took or gave, as people write it; its encoding is that of hil/record/value.ts. */
export function callValue(value: unknown): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "undefined";
  if (Array.isArray(value)) return `[${value.map(callValue).join(", ")}]`;
  const { $: kind, is, ns, source, flags, length } = value as Record<string, unknown>;
  if (kind === "duration") return durationText(Number(ns));
  if (kind === "regexp") return `/${source}/${flags}`;
  if (typeof kind === "string") return is === undefined ? `${length ?? "some"} ${kind}` : `${is}`;
  const fields = Object.entries(value).map(([name, field]) => `${name}: ${callValue(field)}`);
  return fields.length > 0 ? `{ ${fields.join(", ")} }` : "{}";
}
