/**
 * Snapshots: what cannot be derived, saved by the name of the part that owns it, each with a
 * version. Restoring is in two steps: every part loads its state, then every part derives from it
 * what it derives (timers, levels of wires); so no part sees another one half restored.
 */
import type { Json } from "hil/trace/mod.ts";

/** Something with a state: a peripheral, a chip, a wire. */
export interface Part {
  /** Unique on the board. */
  readonly name: string;
  /** Of the form of its state: goes up when that changes. */
  readonly version: number;
  save(): Json;
  /** Only copies: nothing outside changes. */
  load(state: Json): void;
  /** Derives from the state what others see of it; called when all parts have loaded. */
  settle?(): void;
}

export interface PartState {
  readonly version: number;
  readonly state: Json;
}

/** By the name of the part. */
export type PartStates = Readonly<Record<string, PartState>>;

export function saveParts(parts: Iterable<Part>): PartStates {
  const states: Record<string, PartState> = {};
  for (const part of parts) states[part.name] = { version: part.version, state: part.save() };
  return states;
}

/** @throws SnapshotError before anything is changed, when the snapshot is not one of these parts */
export function loadParts(parts: readonly Part[], states: PartStates): void {
  for (const { name, version } of parts) {
    const saved = states[name];
    if (!saved) throw new SnapshotError(`there is nothing of part "${name}" in it`);
    if (saved.version !== version) {
      throw new SnapshotError(
        `part "${name}" was saved in version ${saved.version}, and version ${version} is read here`,
      );
    }
  }
  const names = new Set(parts.map(({ name }) => name));
  for (const name of Object.keys(states)) {
    if (!names.has(name)) throw new SnapshotError(`part "${name}" in it is not on this board`);
  }
  for (const part of parts) part.load(states[part.name]!.state);
  for (const part of parts) part.settle?.();
}

/** A snapshot that cannot be restored here. */
export class SnapshotError extends Error {
  override readonly name = "SnapshotError";
  constructor(why: string) {
    super(`Cannot restore snapshot: ${why}; take it again with this version`);
  }
}
