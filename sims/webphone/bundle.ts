/**
 * Bundles the web phone's page, and its module for other pages, with esbuild: into the cache, by a
 * hash of all that goes in. (`deno bundle` makes `node:events` of JsSIP's `require("events")`, which
 * no browser has.) npm packages come from Deno's cache, in the versions of deno.lock.
 */
import * as esbuild from "esbuild";
import { BuildError, buildOnce } from "sims/toolchain/mod.ts";

const ROOT = new URL("../../", import.meta.url).pathname;
const HERE = new URL(".", import.meta.url).pathname;
const CACHE = `${ROOT}.cache/webphone`;
const KEPT = 4;

/** What a bundle has. */
export const FILES = ["index.html", "page.css", "page.js", "webphone.js"] as const;

/** The web phone could not be bundled. */
export class WebphoneBuildError extends BuildError {
  override readonly name = "WebphoneBuildError";
}

/**
 * The folder with {@link FILES}, built or found: to be served as it is, by any web server.
 *
 * @throws WebphoneBuildError when the sources do not compile or a package is not in Deno's cache
 */
export async function bundleWebphone(): Promise<string> {
  return await buildOnce({
    ...{ cache: CACHE, kept: KEPT, product: "webphone.js", sources: new Map() },
    words: [esbuild.version, ...await inputs()],
    build: async (folder) => {
      await build(folder);
      for (const name of ["index.html", "page.css"]) {
        await Deno.copyFile(`${HERE}page/${name}`, `${folder}/${name}`);
      }
      await Deno.chmod(folder, 0o755); // A web server is another user.
    },
  });
}

/** All that may go in: more than does, rather than less. */
async function inputs(): Promise<string[]> {
  const files = ["deno.lock", "sims/webphone/bundle.ts"];
  for (const folder of ["sims/webphone/phone", "sims/webphone/page", "hil/time"]) {
    for await (const { name } of Deno.readDir(ROOT + folder)) {
      if (/\.(ts|css|html)$/.test(name) && !name.endsWith("_test.ts")) {
        files.push(`${folder}/${name}`);
      }
    }
  }
  const read = async (file: string) => [file, await Deno.readTextFile(ROOT + file)];
  return (await Promise.all(files.sort().map(read))).flat();
}

async function build(outdir: string): Promise<void> {
  const packages = await npmPackages();
  try {
    await esbuild.build({
      entryPoints: {
        page: `${HERE}page/main.ts`,
        webphone: `${HERE}phone/mod.ts`,
      },
      ...{ outdir, bundle: true, format: "esm", platform: "browser", target: "es2022" },
      ...{ minify: true, legalComments: "inline", logLevel: "silent" },
      // Of our deno.json nothing concerns a browser.
      tsconfigRaw: "{}",
      plugins: [resolver(packages)],
    });
  } catch (cause) {
    throw new WebphoneBuildError(
      `Cannot bundle the web phone: ${(cause as Error).message}`,
      { cause },
    );
  } finally {
    await esbuild.stop();
  }
}

/** Where each npm package is, by name. */
async function npmPackages(): Promise<ReadonlyMap<string, string>> {
  const module = `${HERE}phone/mod.ts`;
  await deno("cache", "--quiet", "--no-check", module); // Gets those that are not there yet.
  type Info = { npmPackages: Record<string, { name: string; localPath: string }> };
  const { npmPackages } = JSON.parse(await deno("info", "--json", module)) as Info;
  return new Map(Object.values(npmPackages).map(({ name, localPath }) => [name, localPath]));
}

async function deno(...args: string[]): Promise<string> {
  const command = new Deno.Command(Deno.execPath(), { args, cwd: ROOT, stdin: "null" });
  const { stdout, stderr, success } = await command.output();
  if (success) return new TextDecoder().decode(stdout);
  const said = new TextDecoder().decode(stderr).trim();
  throw new WebphoneBuildError(`Cannot bundle the web phone: "deno ${args[0]}" said: ${said}`);
}

/** Bare names as deno.json has them: rooms of this house, and npm packages. */
function resolver(packages: ReadonlyMap<string, string>): esbuild.Plugin {
  return {
    name: "house",
    setup({ onResolve, resolve }) {
      onResolve({ filter: /^(hil|sims)\// }, ({ path }) => ({ path: ROOT + path }));
      onResolve({ filter: /^[^./]/ }, async ({ path, kind }) => {
        if (kind === "entry-point") return undefined;
        const [, name = path, file = ""] = path.match(/^((?:@[^/]+\/)?[^/]+)(\/.*)?$/) ?? [];
        const folder = packages.get(name);
        if (!folder) return { errors: [{ text: `No npm package "${name}" in Deno's cache` }] };
        return await resolve(`.${file || "/"}`, { resolveDir: folder, kind });
      });
    },
  };
}
