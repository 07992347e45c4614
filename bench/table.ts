/** Figures as a table for people. */
import type { Figure } from "./benchmark.ts";

/** One benchmark's figures, a line each, below its name. */
export function table(name: string, figures: readonly Figure[]): string {
  const head = [name, "ours", "peer", "ours / peer", "wanted", ""];
  const rows = [head, ...figures.map(cells)];
  const widths = head.map((_, i) => Math.max(...rows.map((row) => row[i]!.length)));
  return rows
    .map((row) => row.map((cell, i) => cell.padEnd(widths[i]!)).join("  ").trimEnd())
    .join("\n");
}

function cells({ what, unit, ours, peer, wanted }: Figure): string[] {
  return [
    what,
    `${short(ours)} ${unit}`,
    peer ? `${short(peer.value)} ${unit} (${peer.name})` : "",
    peer ? short(ours / peer.value) : "",
    wanted?.text ?? "",
    wanted ? (wanted.met ? "met" : "NOT MET") : "",
  ];
}

/** Three significant digits, and no more than the number has. */
function short(value: number): string {
  return Math.abs(value) >= 100 ? value.toFixed(0) : String(Number(value.toPrecision(3)));
}
