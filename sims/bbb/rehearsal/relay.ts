/**
 * A relay on the network that is none: what a ControlByWeb WebRelay answers (its user's guide,
 * "XML"): GET `/state.xml?relayState=1` switches, any GET of `/state.xml` tells the state.
 */

export interface RelayOptions {
  readonly onSwitch: (on: boolean) => void;
}

export class FakeRelay {
  #on = false;
  readonly #server: Deno.HttpServer<Deno.NetAddr>;

  constructor(private readonly options: RelayOptions) {
    this.#server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      (request) => this.#answer(new URL(request.url)),
    );
  }

  get url(): string {
    const { hostname, port } = this.#server.addr;
    return `http://${hostname}:${port}`;
  }

  async close(): Promise<void> {
    await this.#server.shutdown();
  }

  #answer({ pathname, searchParams }: URL): Response {
    if (pathname !== "/state.xml") return new Response("404 Not Found\n", { status: 404 });
    const wanted = searchParams.get("relayState");
    if (wanted !== null && wanted !== "0" && wanted !== "1") {
      return new Response("400 Bad Request\n", { status: 400 });
    }
    if (wanted !== null && (wanted === "1") !== this.#on) {
      this.#on = wanted === "1";
      this.options.onSwitch(this.#on);
    }
    const state = `<relaystate>${Number(this.#on)}</relaystate><inputstate>0</inputstate>`;
    const body = `<?xml version="1.0" encoding="utf-8"?>\n<datavalues>${state}</datavalues>\n`;
    return new Response(body, { headers: { "content-type": "text/xml" } });
  }
}
