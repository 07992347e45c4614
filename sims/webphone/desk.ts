/**
 * An exchange for trying out at a desk: the simulated one of sims/sip on the host's time, for web
 * phones only, on a WebSocket of this machine. Two pages can call each other; nobody sends sound but
 * they, so that there is no echo.
 */
import { randomSeed } from "hil/time/chance.ts";
import { Random } from "hil/time/mod.ts";
import { hostTimers, Pbx, type PbxEvent, type PbxVariant, wsTransport } from "sims/sip/mod.ts";
import { serveWebSocket } from "sims/websocket/mod.ts";

export interface DeskOptions {
  /** Users with their passwords. */
  readonly phones: Readonly<Record<string, string>>;
  /** Default 0: one that is free. */
  readonly port?: number;
  /** Default: "sim". */
  readonly variant?: PbxVariant;
  readonly onEvent?: (event: PbxEvent) => void;
  readonly minExpiresS?: number;
}

export class DeskPbx {
  readonly pbx: Pbx;
  /** `ws://127.0.0.1:8088/ws` */
  readonly url: string;

  /** @throws Deno.errors.AddrInUse when somebody has the port */
  constructor(options: DeskOptions) {
    const { phones, port = 0, variant = "asterisk22", minExpiresS, onEvent } = options;
    const server = serveWebSocket({ hostname: "127.0.0.1", port, protocols: ["sip"] });
    this.url = `ws://127.0.0.1:${server.address.port}/ws`;
    this.pbx = new Pbx({
      transport: wsTransport({ server }),
      timers: hostTimers,
      random: new Random(randomSeed()),
      ...{ variant, phones, onEvent },
      failing: { "700": [403], "701": [183, 503], "702": [486], "703": [603] },
      limits: { ...(minExpiresS !== undefined && { minExpiresS }) },
    });
  }

  close(): void {
    this.pbx.close();
  }
}
