import assert from "node:assert/strict";
import type { TargetModule } from "../../bench/mod.ts";
import { chooseMode, type KnownTarget } from "./choose.ts";

function target(name: string, module?: Partial<TargetModule>): KnownTarget {
  const target = { role: "board", name, module: "file:///none", options: { exact: true } };
  return { role: "board", name, target, ...(module && { module: module as TargetModule }) };
}

const sim = target("sim", { deterministic: true });
const sometimes = target("model", { deterministic: ({ exact }) => exact === true });
const qemu = target("qemu", { rerun: () => Promise.resolve(undefined) });

Deno.test("a mode is chosen by what all targets are, and the reason names them", () => {
  const modeOf = (targets: readonly KnownTarget[], attachments: readonly string[] = []) => {
    const { mode, why } = chooseMode(targets, attachments);
    return `${mode}: ${why}`;
  };
  assert.match(modeOf([]), /^re-execute: the scenario has no targets/);
  assert.match(modeOf([sim, sometimes]), /^re-execute: board=sim and board=model are simulated/);
  assert.match(modeOf([sim, qemu], ["machine.rr"]), /^record-replay: board=qemu recorded itself/);
  assert.match(modeOf([qemu]), /^playback: board=qemu cannot be had the same again/);
  assert.match(modeOf([sim, target("gone")]), /^playback: board=gone is not on this bench/);
  assert.match(modeOf([sim, target("lab", {})]), /^playback: board=lab/);
  assert.equal(chooseMode([sim], [], { redacted: true }).mode, "playback");
});
