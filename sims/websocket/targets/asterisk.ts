/**
 * The target "asterisk" of the role "server": `/ws` of Asterisk 22 in a container, whose
 * sub-protocol "echo" gives back every message.
 */
import { defineTarget, type TargetContext } from "hil";
import { startAsterisk } from "sims/pbx/asterisk/start.ts";
import pbx from "sims/pbx/targets/asterisk.ts";
import { PORTS } from "sims/pbx/mod.ts";
import type { NamedServer } from "../port.ts";

const PBX_OPTIONS = { variant: "asterisk22", transports: ["WS"] } as const;
const WHERE = { hostname: "127.0.0.1", port: PORTS.WS };

export default defineTarget<NamedServer>({
  title: "the WebSocket of Asterisk 22",
  offers: pbx.offers,
  startLimit: pbx.startLimit,
  tools: pbx.tools,
  availability: (options) => pbx.availability({ ...options, ...PBX_OPTIONS }),
  prepare: (options, progress) => pbx.prepare!({ ...options, ...PBX_OPTIONS }, progress),
  start: async (context: TargetContext): Promise<NamedServer> => {
    const { network } = await startAsterisk({ ...context, options: PBX_OPTIONS });
    return {
      name: "asterisk",
      protocol: "echo",
      url: `ws://${WHERE.hostname}:${WHERE.port}/ws`,
      connect: () => network.pbx.connect(WHERE),
    };
  },
});
