/** The keys of a console by hand: what is for the target, and what follows the escape key. */

/** Ctrl-], as in telnet. */
export const ESCAPE = 0x1d;

export type Typed =
  | { readonly for: "target"; readonly bytes: Uint8Array }
  /** What was typed after the escape key: one character. */
  | { readonly for: "menu"; readonly key: string };

/** Sorts what is typed, however it is cut into pieces. */
export class Keys {
  #escaped = false;

  take(bytes: Uint8Array): Typed[] {
    const typed: Typed[] = [];
    let from = 0;
    const upTo = (at: number) => {
      if (at > from) typed.push({ for: "target", bytes: bytes.slice(from, at) });
    };
    for (const [at, byte] of bytes.entries()) {
      if (this.#escaped) {
        this.#escaped = false;
        from = at + 1;
        // Twice is the key itself.
        if (byte === ESCAPE) typed.push({ for: "target", bytes: Uint8Array.of(ESCAPE) });
        else typed.push({ for: "menu", key: String.fromCharCode(byte).toLowerCase() });
      } else if (byte === ESCAPE) {
        upTo(at);
        this.#escaped = true;
        from = at + 1;
      }
    }
    upTo(bytes.length);
    return typed;
  }
}

/** Cuts what is typed into what a person would call one entry: a line, a key that is none. */
export class Entries {
  #held = "";

  /** What was typed and is no entry yet. */
  get held(): string {
    return this.#held;
  }

  /** Entries that are complete; a line with its end. */
  take(text: string): string[] {
    const entries: string[] = [];
    for (const character of text) {
      const isControl = character < " " && character !== "\t" && character !== "\x1b";
      if (!isControl) this.#held += character;
      else if (character === "\r" || character === "\n") {
        entries.push(this.rest() + character);
      } else entries.push(...[this.rest(), character].filter((entry) => entry !== ""));
    }
    return entries;
  }

  /** What has no end yet. */
  rest(): string {
    const held = this.#held;
    this.#held = "";
    return held;
  }
}
