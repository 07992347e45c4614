/** Where secrets are in texts: rules with names, each with the place of the secret in its match. */

export interface SecretRule {
  readonly name: string;
  readonly help: string;
  /** Global; the group `secret` is the secret, or the whole match without one. */
  readonly match?: RegExp;
  /** Names of fields in data whose values are secrets. */
  readonly fields?: RegExp;
  /** Replaced only there, not wherever the value occurs: values that mean nothing elsewhere. */
  readonly there?: true;
}

/** A value up to what ends one in a shell, a header, a URL or JSON; no \s: bytes of UTF-8 may be it. */
const VALUE = String.raw`[^\x00-\x20"'&;,<>\\]+`;
const QUOTED = String
  .raw`(?:"(?<secret>[^"\\\r\n]+)"|'(?<secret>[^'\\\r\n]+)'|(?<secret>${VALUE}))`;

export const SECRETS: readonly SecretRule[] = [
  {
    name: "passwords",
    help: "password=…, after a prompt for one, in URLs, Basic authorization",
    match: new RegExp(
      String.raw`(?:pass(?:word|wd|phrase)?|pwd|secret|psk|wpa_key)\\?["']?[ \t]*[=:][ \t]*\\?` +
        QUOTED + String.raw`|\w:\/\/[^\s:@/"']+:(?<secret>[^\s@/"']+)@`,
      "gi",
    ),
    fields: /(^|_|\b|[a-z])(password|passwd|passphrase|secret|psk|pwd)$/i,
  },
  {
    name: "basic",
    help: "Basic authorization: the password in it",
    match: /\bBasic (?<secret>[A-Za-z0-9+/]{4,}={0,2})/g,
    there: true,
  },
  {
    name: "tokens",
    help: "tokens, API keys, cookies, JSON Web Tokens, private keys",
    match: new RegExp(
      [
        String.raw`\bBearer (?<secret>[\w.~+/-]{8,}=*)`,
        String
          .raw`\b(?:[a-z]+[_-])?(?:token|api[_-]?key|access[_-]?key|session[_-]?id)\\?["']?[ \t]*[=:][ \t]*\\?` +
        QUOTED,
        String.raw`\b(?<secret>eyJ[\w-]{8,}\.[\w-]+\.[\w-]*)`,
        String.raw`\b(?:set-)?cookie: *[^=\s;]+=(?<secret>[^;\s]+)`,
        String.raw`\b(?<secret>(?:gh[pousr]_|github_pat_|glpat-|xox[abp]-|AKIA)[\w-]{12,})`,
        String.raw`-----BEGIN [A-Z ]*PRIVATE KEY-----(?<secret>[^-]+)-----END`,
      ].join("|"),
      "gi",
    ),
    fields: /(^|_|[a-z])(token|apiKey|cookie|authorization|sessionId)$/i,
  },
  {
    name: "digest",
    help: "credentials of Digest authorization: response, nonce, cnonce, opaque",
    match: /\b(?:response|c?nonce|opaque)\\?"? ?[=:] ?\\?"?(?<secret>[\w+/=.:-]{6,})/gi,
    fields: /^(response|nonce|cnonce|opaque|ha1)$/,
    there: true,
  },
  {
    name: "users",
    help: "names of users in paths of their homes",
    match: /\/(?:home|Users)\/(?<secret>[\w.-]+)/g,
    there: true,
  },
];

/** Words that stand where a secret would, but are none. */
const NO_SECRET =
  /^(true|false|null|undefined|none|yes|no|required|invalid|wrong|incorrect|missing|unknown|\*+|x+|<[^>]*>|\$\{?\w+\}?|%[sd])$/i;

export function isSecret(value: string): boolean {
  return value.length > 0 && !NO_SECRET.test(value);
}

/** Whether a value may be looked for anywhere: "1001" and "a" are in too much that is no secret. */
export function isTelling(value: string): boolean {
  return value.length >= 5 && !/^\d{1,5}$/.test(value) && isSecret(value);
}

/** What a console asks before somebody types a secret. */
export const PROMPT = /(?:pass(?:word|phrase|code)|\bpin|secret)[^\r\n]{0,40}: *$/i;
