/**
 * An NBD server in this process: drives for QEMU (or any NBD client) whose every request is seen,
 * and can be held, let go, failed and given up from outside.
 *
 * @example
 * ```ts
 * import { MemoryStore, NbdServer } from "./mod.ts";
 *
 * const path = `${await Deno.makeTempDir()}/nbd`;
 * const drives = [{ name: "disk0", store: new MemoryStore(2 ** 48) }];
 * const server = new NbdServer({ path, drives });
 * server.drive("disk0").hold(["write"]);
 * await server.close();
 * ```
 */
export { NbdDrive } from "./drive.ts";
export type { Behaviour, DriveOptions, Fault, NbdAnswer, NbdTraffic, Task } from "./drive.ts";
export { BLOCK_SIZE } from "./protocol.ts";
export { NbdServer } from "./server.ts";
export type { NbdServerOptions } from "./server.ts";
export { NbdSession } from "./session.ts";
export type { ExportFacts, NbdOperation, NbdRequest, SessionStep } from "./session.ts";
export { type BlockStore, FileStore, MemoryStore } from "./store.ts";
export { type Answered, Playback } from "./playback.ts";
