/** The roles of scenarios/websocket: a server and a client whose conformance is looked at. */
import { type Need, need } from "hil";
import type { EchoClient } from "./conformance/echo_clients.ts";
import type { ServerUnderTest } from "./conformance/servers.ts";

export interface NamedServer extends ServerUnderTest {
  /** By which the document of known deviations knows it; undefined: it is not in it. */
  readonly name: string | undefined;
}

export interface NamedClient extends EchoClient {
  readonly name: string;
}

/** A server that gives back every message: `--use server=url:ws://host:port/` is anybody's. */
export function webSocketServer(): Need<NamedServer> {
  return need("server");
}

/** A client that connects where it is told to, and gives back every message. */
export function webSocketClient(): Need<NamedClient> {
  return need("client");
}
