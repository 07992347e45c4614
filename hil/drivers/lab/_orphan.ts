/** For tests: a run that makes a lab with a program in it, tells their names, and is killed. */
import { OFFICE } from "./office.ts";
import { Lab } from "./mod.ts";

const lab = await Lab.make(OFFICE);
const program = lab.host("pbx").command("sleep", ["1000"], { detached: true }).spawn();
console.log(JSON.stringify({ namespace: lab.host("pbx").namespace, pid: program.pid }));
await program.status;
