/** The targets "ours", "deno" and "ws" of the role "client": echo clients in this process. */
import { defineTarget, type TargetContext } from "hil";
import { chosen } from "../conformance/chosen.ts";
import { ECHO_CLIENTS } from "../conformance/echo_clients.ts";
import type { NamedClient } from "../port.ts";

export default defineTarget<NamedClient>({
  title: "WebSocket echo client",
  offers: [],
  availability: ({ implementation }) => {
    chosen(ECHO_CLIENTS, implementation);
    return { ok: true };
  },
  start: async ({ options }: TargetContext): Promise<NamedClient> => {
    const name = chosen(ECHO_CLIENTS, options.implementation);
    return { ...await ECHO_CLIENTS[name](), name };
  },
});
