/**
 * Containers, by a Docker Engine on this machine. It is found by DOCKER_HOST or where it usually is;
 * where there is none, root with `dockerd` installed gets a private one. Containers have no network
 * of their own: `Lab.adopt` gives them one. What a run that was killed has left, the next removes.
 *
 * @example
 * ```ts ignore
 * const engine = await openEngine();
 * await engine.removeOrphans();
 * const container = await engine.start({
 *   image: "hil/asterisk:22",
 *   name: "pbx",
 *   command: ["sleep", "infinity"],
 * });
 * await lab.adopt("pbx", container.pid);
 * console.log((await container.run(["asterisk", "-V"])).stdout);
 * await container.remove();
 * engine.close();
 * ```
 */
export {
  Container,
  type ContainerOptions,
  type Mount,
  type Process,
  type Ran,
} from "./container.ts";
export { engineAvailable, engineTools, openEngine, stopDaemon } from "./daemon.ts";
export { Engine, type ImportOptions } from "./engine.ts";
export { ContainerError } from "./error.ts";
export { LineSplitter, type OutputFrame } from "./output.ts";
