/** The targets "ours", "deno" and "ws" of the role "server": echo servers in this process. */
import { defineTarget, type TargetContext } from "hil";
import { chosen } from "../conformance/chosen.ts";
import { ECHO_SERVERS } from "../conformance/echo_servers.ts";
import type { NamedServer } from "../port.ts";

export default defineTarget<NamedServer>({
  title: "WebSocket echo server",
  offers: [],
  availability: ({ implementation }) => {
    chosen(ECHO_SERVERS, implementation);
    return { ok: true };
  },
  start: async ({ options, defer }: TargetContext): Promise<NamedServer> => {
    const name = chosen(ECHO_SERVERS, options.implementation);
    const server = await ECHO_SERVERS[name]();
    defer("stop the echo server", () => server.stop());
    return { ...server, name };
  },
});
