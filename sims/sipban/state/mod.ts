/**
 * What the ban daemon remembers over a restart.
 *
 * @example
 * ```ts ignore
 * const store = new Store({ path: "/var/lib/sipban/state.sqlite", report: console.error });
 * store.put([{ target: "203.0.113.7", untilNs, level: 1, rule: "failures", live: true }]);
 * ```
 */
export { Store, type StoredBan, type StoreOptions } from "./store.ts";
