/** What happens in a page, as signals of the timeline. */
import type { ConsoleMessage, Page, Request, WebSocket } from "playwright-core";
import type { Clock } from "../../time/mod.ts";
import type { Json, SignalSource, Timeline } from "../../trace/mod.ts";
import type { PeerStats } from "./_in_page.ts";
import { describeHeard, type Heard } from "./tone.ts";

/** Kinds: "log", "warning", "error" … of the console; "uncaught" for an error of the page. */
export type ConsoleData = {
  readonly text: string;
  /** "https://pbx.example/phone.js:12", as far as the browser knows it. */
  readonly at: string;
};

/** Kinds: "request", "response", "failed". */
export type NetworkData = {
  readonly method: string;
  readonly url: string;
  readonly status?: number;
  /** Why it failed, in Chromium's words: "net::ERR_CONNECTION_REFUSED". */
  readonly why?: string;
};

/** Kinds: "connect", "sent", "received", "error", "closed". */
export type SocketData = {
  /** From 1, in the order in which the page made them. */
  readonly socket: number;
  readonly url: string;
  /** A message, or why there is an error. */
  readonly text?: string;
  readonly base64?: string;
};

/** Kinds: names of attributes, "data-call". */
export type StateData = {
  readonly value: string;
  /** "#webphone". */
  readonly on: string;
  /** By the page's own clock. */
  readonly sinceNavigationMs: number;
};

export interface TabSignals {
  readonly console: SignalSource<ConsoleData>;
  readonly network: SignalSource<NetworkData>;
  readonly sockets: SignalSource<SocketData>;
  readonly states: SignalSource<StateData>;
  /** Kind: "peer". */
  readonly stats: SignalSource<PeerStats>;
  /** Kind: "tone". */
  readonly heard: SignalSource<Heard>;
}

/** Longest part of a text that a message has. */
const SHOWN = 120;

export function makeSignals(timeline: Timeline, clock: Clock, name: string): TabSignals {
  const signal = <E extends Json>(what: string, describe: (kind: string, data: E) => string) =>
    timeline.signal<E>(`${name} ${what}`, {
      clock,
      describe: (kind, data) => `${name}: ${describe(kind, data)}`,
    });
  return {
    console: signal("console", (kind, { text }) => `${kind} "${short(text)}"`),
    network: signal("network", (kind, { method, url, status, why }) => {
      return [kind, method, url, status, why].filter((word) => word !== undefined).join(" ");
    }),
    sockets: signal("sockets", (kind, { url, text }) => {
      return `WebSocket ${kind}${text === undefined ? ` ${url}` : ` "${short(text)}"`}`;
    }),
    states: signal("states", (kind, { on, value }) => `${on} has ${kind}="${value}"`),
    stats: signal("stats", (_kind, { connection, received, sent }) => {
      return `${connection}, ${received.packets} packets in, ${sent.packets} out`;
    }),
    heard: signal("heard", (_kind, heard) => `heard ${describeHeard(heard)}`),
  };
}

function short(text: string): string {
  const line = text.split(/[\r\n]/, 1)[0]!;
  return line.length > SHOWN ? `${line.slice(0, SHOWN)}…` : line;
}

/** From now on, until the page is closed. */
export function record(page: Page, signals: TabSignals): void {
  const { console, network } = signals;
  page.on("console", (message: ConsoleMessage) => {
    const { url, lineNumber } = message.location();
    const at = url === "" ? "" : `${url}:${lineNumber + 1}`;
    console.emit(message.type(), { text: message.text(), at });
  });
  page.on("pageerror", (error: Error) => {
    console.emit("uncaught", {
      text: error.message,
      at: error.stack?.split("\n")[1]?.trim() ?? "",
    });
  });
  const of = (request: Request) => ({ method: request.method(), url: request.url() });
  page.on("request", (request) => void network.emit("request", of(request)));
  page.on("response", (response) => {
    network.emit("response", { ...of(response.request()), status: response.status() });
  });
  page.on("requestfailed", (request) => {
    network.emit("failed", { ...of(request), why: request.failure()?.errorText ?? "" });
  });
  let count = 0;
  page.on("websocket", (socket) => recordSocket(socket, ++count, signals.sockets));
}

function recordSocket(socket: WebSocket, number: number, signal: SignalSource<SocketData>): void {
  const base = { socket: number, url: socket.url() };
  const message = (payload: string | Uint8Array) =>
    typeof payload === "string"
      ? { ...base, text: payload }
      : { ...base, base64: new Uint8Array(payload).toBase64() };
  signal.emit("connect", base);
  socket.on("framesent", ({ payload }) => void signal.emit("sent", message(payload)));
  socket.on("framereceived", ({ payload }) => void signal.emit("received", message(payload)));
  socket.on("socketerror", (why) => void signal.emit("error", { ...base, text: why }));
  socket.on("close", () => void signal.emit("closed", base));
}
