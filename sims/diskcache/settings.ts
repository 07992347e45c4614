/** How a cache may be made: its list, its scheduler, its limits. */
import { Duration, ms, seconds } from "hil";

/** Most entries of each list. */
const LISTS = { array: 256, tree: 16_384 } as const;
const SCHEDULERS = ["first-pending", "look", "deadline"] as const;

export interface CacheSettings {
  /** Most entries: 1 to 256 of an array, 1 to 16,384 of a tree; default 64. */
  readonly entries?: number;
  /** Where entries are kept: the author's fixed array (default), or a tree that grows. */
  readonly list?: keyof typeof LISTS;
  /**
   * Which request is next: the author's first pending one (default), the elevator's, or the
   * elevator's unless a write has waited longer than `writeDeadline`.
   */
  readonly scheduler?: typeof SCHEDULERS[number];
  /** Default 100 ms; the guest counts whole milliseconds. */
  readonly writeDeadline?: Duration;
  /** Of a disk request; default 2 s. */
  readonly timeout?: Duration;
}

/** What a cache is when nobody says otherwise. */
export const DEFAULT_SETTINGS: Required<CacheSettings> = {
  entries: 64,
  list: "array",
  scheduler: "first-pending",
  writeDeadline: ms(100),
  timeout: seconds(2),
};

/** Those of the options that are settings, and are given. */
export function settingsOf(options: CacheSettings): CacheSettings {
  const given = Object.keys(DEFAULT_SETTINGS) as (keyof CacheSettings)[];
  return Object.fromEntries(
    given.filter((name) => options[name] !== undefined).map((name) => [name, options[name]]),
  );
}

/**
 * The settings with what they leave out taken from `present`, when they are possible.
 *
 * @throws RangeError
 */
export function checkedSettings(
  settings: CacheSettings,
  present = DEFAULT_SETTINGS,
): Required<CacheSettings> {
  const entries = settings.entries ?? present.entries;
  const list = settings.list ?? present.list;
  const scheduler = settings.scheduler ?? present.scheduler;
  const writeDeadline = settings.writeDeadline ?? present.writeDeadline;
  const timeout = settings.timeout ?? present.timeout;
  checkName("list", list, Object.keys(LISTS));
  checkName("scheduler", scheduler, SCHEDULERS);
  if (!Number.isInteger(entries) || entries < 1 || entries > LISTS[list]) {
    throw new RangeError(
      `Cannot make a cache of "${entries}" entries: the ${list} holds 1 to ${LISTS[list]}; ` +
        `give a whole number`,
    );
  }
  for (const [what, time] of Object.entries({ writeDeadline, timeout })) {
    if (time instanceof Duration && time.ns > 0) continue;
    throw new RangeError(
      `Cannot make a cache with the ${what} "${time}": it is no time; give a Duration, ` +
        `such as ms(50)`,
    );
  }
  return { entries, list, scheduler, writeDeadline, timeout };
}

function checkName(what: string, name: string, names: readonly string[]): void {
  if (names.includes(name)) return;
  throw new RangeError(
    `Cannot make a cache with the ${what} "${name}": there are ${names.join(", ")}; ` +
      `name one of them`,
  );
}
