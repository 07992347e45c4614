/**
 * Coverage of an unmodified guest: which edges between its basic blocks were taken, by a plugin of
 * QEMU's TCG that is built when it is wanted.
 *
 * @example
 * ```ts ignore
 * const plugin = await buildCoveragePlugin();
 * if (!plugin.ok) return plugin.reason;
 * using map = new EdgeMap(`${tempDir}/edges`);
 * const range = { from: 0x10_0000, to: 0x200_0000 };
 * const qemu = await Qemu.start({ …, extra: map.arguments(plugin.file, range) }, context);
 * const novelty = new Novelty();
 * novelty.add(map.counts()); // How many edges were new.
 * ```
 */
export { buildCoveragePlugin, type CoverageBuildOptions, type CoveragePlugin } from "./build.ts";
export { EdgeMap, Novelty } from "./edge_map.ts";
