/**
 * The ban daemon without its world: eyes, engine, filter and state joined, on any clock.
 *
 * @example
 * ```ts ignore
 * const guard = new Guard({ settings, filter, store, now, decided, problem });
 * await guard.start();
 * capture.drain((packet) => guard.see(packet));
 * ```
 */
export { Guard, type GuardOptions, type InForce, type ListedBan, Refusal } from "./guard.ts";
