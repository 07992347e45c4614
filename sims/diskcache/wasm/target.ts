/** The target "wasm" of the role "diskcache-code": the guest's own C, compiled to WebAssembly. */
import { type Availability, defineTarget, type Need, need, unrecorded } from "hil";
import { versionOf } from "sims/toolchain/mod.ts";
import { buildWasm } from "./build.ts";
import { CacheCode, promiseIntegration } from "./code.ts";

/** What a scenario gets: code that it runs itself, trial by trial. */
export interface CacheInWasm {
  /** @param mutation name of a defect to build in (`guest/mutations.ts`) */
  load(mutation?: string): Promise<CacheCode>;
}

/** The need for the cache's own code under a chooser. */
export function cacheInWasm(): Need<CacheInWasm> {
  return need<CacheInWasm>("diskcache-code");
}

const TOOLS = [
  { command: "clang", debianPackage: "clang", purpose: "compiles the cache to WebAssembly" },
  { command: "wasm-ld", debianPackage: "lld", purpose: "links the cache as WebAssembly" },
];

export default defineTarget<CacheInWasm>({
  title: "the disk cache's C as WebAssembly",
  offers: [],
  tools: TOOLS,
  availability,
  prepare: async (_options, progress) => void (await buildWasm({ progress })),
  start: () =>
    Promise.resolve({
      load: async (mutation) => unrecorded(await CacheCode.load({ mutation })),
    }),
});

async function availability(): Promise<Availability> {
  try {
    promiseIntegration();
  } catch (error) {
    const [reason, remedy] = (error as Error).message.split("; ");
    return { ok: false, reason: reason!, remedy: remedy! };
  }
  const versions: Record<string, string> = {};
  for (const { command } of TOOLS) {
    const found = await versionOf(command);
    if (found === undefined) {
      const reason = `${command} is not on the PATH`;
      return { ok: false, reason, remedy: 'run "deno task hil doctor --install"' };
    }
    versions[command] = found;
  }
  return { ok: true, versions };
}
