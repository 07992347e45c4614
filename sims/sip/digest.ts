/**
 * Digest authentication, MD5 and SHA-256 (RFC 7616; RFC 8760 for SIP), with the responses of
 * RFC 2069 where a challenge has no qop. Chance comes from the caller.
 */
import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { type AuthFields, formatAuth, type Params, parseAuth } from "./message/mod.ts";

export const ALGORITHMS = { MD5: "md5", "SHA-256": "sha256" } as const;
export type DigestAlgorithm = keyof typeof ALGORITHMS;

export interface Credentials {
  readonly user: string;
  readonly password: string;
}

interface DigestInput {
  readonly algorithm: DigestAlgorithm;
  /** Of the algorithm over user:realm:password. */
  readonly ha1: string;
  readonly method: string;
  readonly uri: string;
  readonly nonce: string;
  /** Without it: RFC 2069. */
  readonly qop?: { readonly value: string; readonly nc: string; readonly cnonce: string };
}

function hash(algorithm: DigestAlgorithm, text: string): string {
  return createHash(ALGORITHMS[algorithm]).update(text).digest("hex");
}

export function ha1(
  algorithm: DigestAlgorithm,
  { user, password }: Credentials,
  realm: string,
): string {
  return hash(algorithm, `${user}:${realm}:${password}`);
}

/** RFC 7616 section 3.4.1, for qop "auth" and for none. */
export function digestResponse({ algorithm, ha1, method, uri, nonce, qop }: DigestInput): string {
  const ha2 = hash(algorithm, `${method}:${uri}`);
  const middle = qop ? `${nonce}:${qop.nc}:${qop.cnonce}:${qop.value}` : nonce;
  return hash(algorithm, `${ha1}:${middle}:${ha2}`);
}

/** `undefined`: an algorithm that we do not have. */
function algorithmOf(fields: Params): DigestAlgorithm | undefined {
  const name = (fields.get("algorithm") ?? "MD5").toUpperCase();
  return Object.hasOwn(ALGORITHMS, name) ? name as DigestAlgorithm : undefined;
}

/** A client's memory of a challenge: how often its nonce was used. */
export class DigestClient {
  #challenge: Params | undefined;
  #used = 0;

  constructor(readonly credentials: Credentials, readonly makeCnonce: () => string) {}

  /**
   * Takes the first challenge it can answer: the server's order is its preference (RFC 8760 section
   * 2.3). False when there is none.
   */
  challenged(texts: readonly string[], where = "WWW-Authenticate"): boolean {
    for (const text of texts) {
      const { scheme, fields } = parseAuth(text, where);
      const qops = fields.get("qop")?.split(",").map((qop) => qop.trim());
      if (scheme.toLowerCase() !== "digest" || !fields.has("nonce")) continue;
      if (algorithmOf(fields) === undefined || (qops && !qops.includes("auth"))) continue;
      this.#challenge = fields;
      this.#used = 0;
      return true;
    }
    return false;
  }

  /** The value of Authorization; `undefined` before a challenge. */
  answer(method: string, uri: string): string | undefined {
    const challenge = this.#challenge;
    if (challenge === undefined) return undefined;
    const algorithm = algorithmOf(challenge)!;
    const realm = challenge.get("realm") ?? "";
    const nonce = challenge.get("nonce")!;
    const qop = challenge.has("qop")
      ? {
        value: "auth",
        nc: (++this.#used).toString(16).padStart(8, "0"),
        cnonce: this.makeCnonce(),
      }
      : undefined;
    const response = digestResponse({
      algorithm,
      ha1: ha1(algorithm, this.credentials, realm),
      method,
      uri,
      nonce,
      ...(qop && { qop }),
    });
    const fields = new Map<string, string | undefined>([
      ["username", this.credentials.user],
      ["realm", realm],
      ["nonce", nonce],
      ["uri", uri],
      ["response", response],
      ["algorithm", algorithm],
    ]);
    if (qop) {
      fields.set("qop", "auth").set("nc", qop.nc).set("cnonce", qop.cnonce);
    }
    if (challenge.has("opaque")) fields.set("opaque", challenge.get("opaque"));
    return formatAuth({ scheme: "Digest", fields }, "credentials");
  }
}

export interface DigestServerOptions {
  readonly realm: string;
  /** In the order of preference: one challenge each. */
  readonly algorithms: readonly DigestAlgorithm[];
  /** False: challenges after RFC 2069, as old devices want them. */
  readonly qop?: boolean;
  /** A secret, so that nobody can make nonces. */
  readonly secret: string;
  /** Nanoseconds of its clock. */
  readonly now: () => number;
  readonly nonceLifeNs: number;
  /** Nonces whose counts are remembered; the oldest is forgotten, and is stale from then on. */
  readonly maxNonces?: number;
}

export type Verdict =
  | { readonly type: "good"; readonly user: string }
  /** Right, but of an old nonce or one used before: challenge again with stale=true. */
  | { readonly type: "stale"; readonly user: string }
  | { readonly type: "wrong"; readonly user: string | undefined };

/**
 * Nonces carry their time and a keyed hash of it: nothing is kept for a challenge that nobody
 * answers. Only nonces that came back are remembered, for their counts.
 */
export class DigestServer {
  readonly #counts = new Map<string, number>();
  #serial = 0;
  /** When the youngest nonce was made whose count is forgotten. */
  #floorNs = -1;

  constructor(readonly options: DigestServerOptions) {}

  challenges({ stale = false }: { readonly stale?: boolean } = {}): string[] {
    const { realm, algorithms, qop = true } = this.options;
    return algorithms.map((algorithm) => {
      const fields = new Map<string, string | undefined>([
        ["realm", realm],
        ["nonce", this.#nonce()],
        ["algorithm", algorithm],
      ]);
      if (qop) fields.set("qop", "auth");
      if (stale) fields.set("stale", "true");
      return formatAuth({ scheme: "Digest", fields }, "challenge");
    });
  }

  /**
   * @param passwordOf `undefined` for a user that there is not: as much work as for a wrong password
   * @throws SipSyntaxError when it is no credentials at all
   */
  check(
    authorization: string,
    method: string,
    passwordOf: (user: string) => string | undefined,
  ): Verdict {
    const auth = parseAuth(authorization, "Authorization");
    const { fields } = auth;
    const user = fields.get("username");
    const algorithm = algorithmOf(fields);
    const known = user === undefined ? undefined : passwordOf(user);
    const expected = algorithm && this.#expected(auth, algorithm, method, known ?? "");
    const right = expected !== undefined && same(expected, fields.get("response") ?? "");
    if (!right || user === undefined || known === undefined) return { type: "wrong", user };
    return { type: this.#isFresh(fields) ? "good" : "stale", user };
  }

  /** Its nonce counts that are kept now. */
  get rememberedNonces(): number {
    return this.#counts.size;
  }

  #expected(
    { scheme, fields }: AuthFields,
    algorithm: DigestAlgorithm,
    method: string,
    password: string,
  ): string | undefined {
    const { realm, algorithms, qop = true } = this.options;
    if (scheme.toLowerCase() !== "digest" || fields.get("realm") !== realm) return undefined;
    if (!algorithms.includes(algorithm)) return undefined;
    const [uri, nonce, value, nc, cnonce] = ["uri", "nonce", "qop", "nc", "cnonce"]
      .map((name) => fields.get(name));
    if (uri === undefined || nonce === undefined) return undefined;
    // A client must not choose the weaker way when qop was offered.
    if (qop && (value !== "auth" || !nc || !cnonce)) return undefined;
    return digestResponse({
      algorithm,
      ha1: ha1(algorithm, { user: fields.get("username") ?? "", password }, realm),
      method,
      uri,
      nonce,
      ...(qop && { qop: { value: value!, nc: nc!, cnonce: cnonce! } }),
    });
  }

  #nonce(): string {
    const body = `${this.options.now().toString(36)}.${(this.#serial++).toString(36)}`;
    return `${body}.${this.#seal(body)}`;
  }

  #seal(body: string): string {
    return createHmac("sha256", this.options.secret).update(body).digest("hex").slice(0, 24);
  }

  #isFresh(fields: Params): boolean {
    const nonce = fields.get("nonce")!;
    const cut = nonce.lastIndexOf(".");
    const body = nonce.slice(0, cut);
    if (cut < 0 || !same(this.#seal(body), nonce.slice(cut + 1))) return false;
    const madeNs = parseInt(body, 36);
    if (this.options.now() - madeNs >= this.options.nonceLifeNs) return false;
    if (madeNs <= this.#floorNs && !this.#counts.has(nonce)) return false;
    const count = parseInt(fields.get("nc") ?? "1", 16);
    if (!(count > (this.#counts.get(nonce) ?? 0))) return false;
    this.#remember(nonce, count);
    return true;
  }

  #remember(nonce: string, count: number): void {
    this.#counts.delete(nonce);
    this.#counts.set(nonce, count);
    if (this.#counts.size > (this.options.maxNonces ?? 10_000)) this.#forgetOldest();
  }

  /** Without its count it could be used again: it and all older than it are stale from now on. */
  #forgetOldest(): void {
    const [nonce] = this.#counts.keys();
    this.#counts.delete(nonce!);
    this.#floorNs = Math.max(this.#floorNs, parseInt(nonce!, 36));
  }
}

function same(a: string, b: string): boolean {
  const [left, right] = [a, b].map((text) => new TextEncoder().encode(text));
  return left!.length === right!.length && timingSafeEqual(left!, right!);
}
