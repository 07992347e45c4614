/**
 * Run by sipban_lab.ts in a process of its own: floods as its argument says, and prints how many
 * frames were sent, and in how long.
 */
import { flood } from "sims/sip/flood/mod.ts";

console.log(JSON.stringify(await flood(JSON.parse(Deno.args[0]!))));
