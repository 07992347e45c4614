/** A dialog, and the requests within it (RFC 3261 section 12). */
import {
  callIdOf,
  contactsOf,
  cseqOf,
  formatUri,
  fromOf,
  header,
  type HeaderList,
  headers,
  request as makeRequest,
  type SipRequest,
  type SipResponse,
  splitList,
  tagOf,
  toOf,
} from "../message/mod.ts";
import type { SipMessage } from "../message/mod.ts";
import type { Endpoint } from "../transport/mod.ts";

export class Dialog {
  #number: number;

  private constructor(
    readonly callId: string,
    /** Values of From and To for requests that we send. */
    readonly local: string,
    readonly remote: string,
    readonly target: string,
    readonly routes: readonly string[],
    /** Where its requests are sent. */
    readonly peer: Endpoint,
    number: number,
    /** The highest number the other side has used. */
    public remoteNumber: number,
  ) {
    this.#number = number;
  }

  /** Of who called: from the INVITE that was sent and a response with a tag. */
  static ofCaller(sent: SipRequest, response: SipResponse, peer: Endpoint): Dialog {
    return new Dialog(
      callIdOf(sent),
      header(sent, "From")!,
      header(response, "To")!,
      targetOf(response) ?? sent.uri,
      routesIn(response).reverse(),
      peer,
      cseqOf(sent).number,
      -1,
    );
  }

  /** Of who was called. */
  static ofCalled(invite: SipRequest, local: string, peer: Endpoint): Dialog {
    const from = header(invite, "From")!;
    const target = targetOf(invite) ?? formatUri(fromOf(invite).uri);
    const number = cseqOf(invite).number;
    return new Dialog(callIdOf(invite), local, from, target, routesIn(invite), peer, 0, number);
  }

  nextCSeq(): number {
    return ++this.#number;
  }

  request(
    method: string,
    list: HeaderList = [],
    { number = this.nextCSeq(), body = "" }: {
      readonly number?: number;
      readonly body?: Uint8Array | string;
    } = {},
  ): SipRequest {
    return makeRequest(method, this.target, [
      ["Max-Forwards", "70"],
      ...this.routes.map((route) => ["Route", route] as const),
      ["From", this.local],
      ["To", this.remote],
      ["Call-ID", this.callId],
      ["CSeq", `${number} ${method}`],
      ...list,
    ], body);
  }

  get key(): string {
    return keyOf(this.callId, tagIn(this.local), tagIn(this.remote));
  }
}

/** The key under which a request of the other side finds its dialog. */
export function dialogKey(request: SipRequest): string {
  return keyOf(callIdOf(request), tagOf(toOf(request)), tagOf(fromOf(request)));
}

function keyOf(callId: string, local = "", remote = ""): string {
  return JSON.stringify([callId, local, remote]);
}

function tagIn(value: string): string | undefined {
  return /;\s*tag\s*=\s*([^;\s]+)/i.exec(value.replace(/^[^>]*>/, ""))?.[1];
}

function targetOf(message: SipMessage): string | undefined {
  const contacts = contactsOf(message);
  return contacts === "*" || !contacts[0] ? undefined : formatUri(contacts[0].uri);
}

function routesIn(message: SipMessage): string[] {
  return headers(message, "Record-Route").flatMap(splitList);
}

/** `"name" <uri>;tag=…`. */
export function tagged(uri: string, tag?: string): string {
  const address = /^</.test(uri) ? uri : `<${uri}>`;
  return tag === undefined ? address : `${address};tag=${tag}`;
}
