/** The registrar's table: which contacts an address of record has (RFC 3261 section 10.3). */
import { createHash } from "node:crypto";
import {
  callIdOf,
  contactsOf,
  cseqOf,
  formatUri,
  header,
  type NameAddress,
  numberOf,
  type SipRequest,
} from "../message/mod.ts";
import type { TransactionLayer } from "../transaction/mod.ts";
import type { Endpoint } from "../transport/mod.ts";

export interface Binding {
  readonly contact: string;
  /** Where the request came from: through NAT only that is reached. */
  readonly from: Endpoint;
  /** Over which it came. */
  readonly layer: TransactionLayer;
  readonly expiresNs: number;
  readonly callId: string;
  readonly number: number;
}

export interface BindingLimits {
  readonly defaultExpiresS: number;
  readonly minExpiresS: number;
  readonly maxExpiresS: number;
  readonly maxContacts: number;
}

export const LIMITS: BindingLimits = {
  defaultExpiresS: 3600,
  minExpiresS: 0,
  maxExpiresS: 7200,
  maxContacts: 10,
};

export class Bindings {
  readonly #users = new Map<string, Map<string, Binding>>();

  constructor(readonly now: () => number, readonly limits: BindingLimits = LIMITS) {}

  /** Those that have not expired. */
  of(user: string): Binding[] {
    const all = this.#users.get(user);
    if (!all) return [];
    for (const [contact, { expiresNs }] of all) {
      if (expiresNs <= this.now()) all.delete(contact);
    }
    return [...all.values()];
  }

  /** As Asterisk's database has them: by the MD5 sums of their URIs. */
  ofByMd5(user: string): Binding[] {
    const sum = ({ contact }: Binding) => createHash("md5").update(contact).digest("hex");
    return this.of(user).map((binding) => ({ binding, key: sum(binding) }))
      .sort((a, b) => a.key < b.key ? -1 : 1)
      .map(({ binding }) => binding);
  }

  /** Those of another one that has ended; `over` which they are reached now, if they are. */
  adopt(other: Bindings, over: (layer: TransactionLayer) => TransactionLayer | undefined): void {
    for (const [user, contacts] of other.#users) {
      const kept = [...contacts].flatMap(([contact, binding]) => {
        const layer = over(binding.layer);
        return layer ? [[contact, { ...binding, layer }] as const] : [];
      });
      this.#users.set(user, new Map(kept));
    }
  }

  /** Every live one. */
  all(): Binding[] {
    return [...this.#users.keys()].flatMap((user) => this.of(user));
  }

  /**
   * All or nothing. Gives the status to answer with.
   *
   * @throws SipSyntaxError when Contact or Expires is malformed
   */
  update(
    user: string,
    request: SipRequest,
    { from, layer }: Pick<Binding, "from" | "layer">,
  ): number {
    const contacts = contactsOf(request);
    const expires = numberOf(request, "Expires");
    const live = new Map(this.of(user).map((binding) => [binding.contact, binding]));
    const id = { callId: callIdOf(request), number: cseqOf(request).number };
    if ([...live.values()].some((old) => old.callId === id.callId && old.number >= id.number)) {
      return 500;
    }
    if (contacts === "*") {
      if (expires !== 0 || header(request, "Expires") === undefined) return 400;
      this.#users.delete(user);
      return 200;
    }
    for (const contact of contacts) {
      const seconds = this.#expiresS(contact, expires);
      const key = formatUri(contact.uri);
      if (seconds === 0) live.delete(key);
      else if (seconds < this.limits.minExpiresS) return 423;
      else {
        live.set(key, { contact: key, from, layer, ...id, expiresNs: this.now() + seconds * 1e9 });
      }
    }
    if (live.size > this.limits.maxContacts) return 403;
    this.#users.set(user, live);
    return 200;
  }

  #expiresS({ params }: NameAddress, header: number | undefined): number {
    const own = params.get("expires");
    const seconds = own === undefined ? header : Number(own);
    return Math.min(seconds ?? this.limits.defaultExpiresS, this.limits.maxExpiresS);
  }
}
