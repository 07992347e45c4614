/** A runner in a process of its own, for tests that send it signals: `_child.ts ROOT ROLES`. */
import { Project } from "./_fixture.ts";

const [root, roles] = Deno.args;
const project = Project.at(root!, JSON.parse(roles!));
project.recorder.onLine = (line) => console.log(line);
const { exitCode } = await project.run();
Deno.exit(exitCode);
