/** Says where the container engine is, starting one if need be; `stop` ends the private one. */
import { openEngine, stopDaemon } from "./daemon.ts";
import { ContainerError } from "./error.ts";

if (import.meta.main) {
  try {
    if (Deno.args[0] === "stop") {
      console.log(await stopDaemon() ? "stopped" : "there was none to stop");
    } else {
      const engine = await openEngine();
      console.log(`Docker ${await engine.version()} at ${engine.socket}`);
      engine.close();
    }
  } catch (error) {
    if (!(error instanceof ContainerError)) throw error;
    console.error(error.message);
    Deno.exit(1);
  }
}
