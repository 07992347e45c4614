/** The shortest part of a history that still shows a violation: ddmin, without waiting. */
import type { Access, DiskEvent, History, Sync } from "./history.ts";

type Item =
  | { readonly of: "accesses"; readonly item: Access }
  | { readonly of: "syncs"; readonly item: Sync }
  | { readonly of: "disk"; readonly item: DiskEvent };

/** Past so many questions the history is given as short as it is by then. */
const MAX_TRIES = 20_000;

/**
 * A part of which nothing can be left out; the history itself when it does not show it.
 *
 * @param shows whether a part still does; pure
 */
export function shortest(history: History, shows: (part: History) => boolean): History {
  let items: readonly Item[] = [
    ...history.accesses.map((item): Item => ({ of: "accesses", item })),
    ...history.syncs.map((item): Item => ({ of: "syncs", item })),
    ...history.disk.map((item): Item => ({ of: "disk", item })),
  ];
  let tries = 0;
  const still = (some: readonly Item[]) => ++tries <= MAX_TRIES && shows(partOf(history, some));
  for (let size = items.length >> 1; size >= 1;) {
    const before = items.length;
    for (let at = 0; at < items.length;) {
      const rest = [...items.slice(0, at), ...items.slice(at + size)];
      if (still(rest)) items = rest;
      else at += size;
    }
    // With single ones it goes on until nothing more can be left out.
    if (size > 1) size >>= 1;
    else if (items.length === before || tries > MAX_TRIES) break;
  }
  return partOf(history, items);
}

function partOf(history: History, items: readonly Item[]): History {
  const pick = <T>(of: Item["of"]) =>
    items.filter((one) => one.of === of).map((one) => one.item as T);
  return {
    ...history,
    accesses: pick<Access>("accesses"),
    syncs: pick<Sync>("syncs"),
    disk: pick<DiskEvent>("disk"),
  };
}

/** What of a history is about one block until a moment, with the flushes of its drive. */
export function aboutBlock(history: History, drive: number, lba: number, until: number): History {
  return {
    ...history,
    accesses: history.accesses.filter((access) =>
      access.drive === drive && access.lba === lba && access.begin <= until
    ),
    syncs: history.syncs.filter(({ drives, begin }) => drives.includes(drive) && begin <= until),
    disk: history.disk.filter((event) =>
      event.drive === drive && event.at <= until && (event.type === "flush" || event.lba === lba)
    ),
  };
}
