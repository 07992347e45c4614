/**
 * YAML as a tree that knows its lines, for other files that people write. Not in the room's face: the
 * parser takes 25 ms to load.
 */
export { type Entry, parseTree, type Place, type Tree } from "./_tree.ts";
