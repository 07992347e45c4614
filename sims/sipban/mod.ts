/** The ban daemon: the port that scenarios need. `deno task sipban --help` has it as a program. */
export * from "./port.ts";
