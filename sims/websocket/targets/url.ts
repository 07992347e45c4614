/** The target "url" of the role "server": an echo server of anybody's, `--use server=url:ws://…`. */
import { type Availability, defineTarget, seconds, type TargetContext } from "hil";
import { withLimit } from "hil/time/mod.ts";
import { dial } from "../client.ts";
import type { NamedServer } from "../port.ts";

interface Options {
  /** "ws://host:port/path", or wss. */
  readonly argument?: string;
  /** Of the file with the certificate of who signed the server's. */
  readonly caFile?: string;
}

const DIAL_LIMIT = seconds(5);

export default defineTarget<NamedServer>({
  title: "WebSocket echo server at a URL",
  offers: [],
  argument: "URL",
  availability: async (options): Promise<Availability> => {
    const { url, caCerts } = await checked(options);
    try {
      const { conn } = await withLimit(dial(url, caCerts), DIAL_LIMIT, () => {
        throw new Error(`it does not answer within ${DIAL_LIMIT}`);
      });
      conn.close();
      return { ok: true };
    } catch (error) {
      const reason = `there is no connection to "${url}": ${(error as Error).message}`;
      return { ok: false, reason, remedy: "start the server, or name another one" };
    }
  },
  start: async ({ options }: TargetContext): Promise<NamedServer> => ({
    ...await checked(options),
    name: undefined,
  }),
});

async function checked(options: Options): Promise<{ url: string; caCerts?: string[] }> {
  const { argument: url, caFile } = options;
  if (url === undefined || !/^wss?:$/.test(URL.parse(url)?.protocol ?? "")) {
    throw new TypeError(
      `Cannot look at the server "${url}": it is no URL of a WebSocket; ` +
        `write --use server=url:ws://host:port/`,
    );
  }
  return caFile === undefined ? { url } : { url, caCerts: [await Deno.readTextFile(caFile)] };
}
