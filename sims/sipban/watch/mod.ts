/**
 * The eyes of the ban daemon: packets of any kind to SIP messages, and those to the engine.
 *
 * @example
 * ```ts ignore
 * const watcher = new Watcher(new BanEngine({ own: ["198.51.100.1"] }));
 * capture.drain((packet) => decisions.push(...watcher.see(packet)));
 * ```
 */
export { type WatchCounts, Watcher, type WatcherOptions } from "./watcher.ts";
