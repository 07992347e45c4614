/** Makes the images of Asterisk, or finds them made, and prints their tags; arguments: "16", "22". */
import { ContainerError, openEngine } from "hil/drivers/container/mod.ts";
import { asteriskImage } from "./image.ts";
import { type AsteriskVersion, RECIPES } from "./recipe.ts";

if (import.meta.main) {
  const known = Object.keys(RECIPES) as AsteriskVersion[];
  const wanted = known.filter((version) => Deno.args.length === 0 || Deno.args.includes(version));
  try {
    const engine = await openEngine();
    for (const version of wanted) {
      console.log(await asteriskImage(engine, version, { progress: console.error }));
    }
    engine.close();
  } catch (error) {
    if (!(error instanceof ContainerError)) throw error;
    console.error(error.message);
    Deno.exit(1);
  }
}
