/**
 * The BeagleBone Black: the port that scenarios need, and a program for it. Its targets (the
 * simulator, a board on a serial cable) are named by the bench file and not imported here.
 */
export * from "./port.ts";
export type { Capability } from "./capabilities.ts";
export { HELLO_BASE, helloProgram } from "./firmware/hello/build.ts";
export { buildOs, OS_APPS_BLOCK, OS_APPS_BLOCKS, OS_BASE, osFiles } from "./firmware/os/build.ts";
export { xorshift } from "./firmware/os/pattern.ts";
