/** What a card is sending or taking, and its form in a snapshot. */

export interface Transfer {
  readonly write: boolean;
  /** Of a register: all that is sent. */
  readonly register?: Uint8Array;
  /** Of memory: bytes from its beginning. */
  position: number;
  /** Blocks; Infinity until it is stopped. */
  left: number;
  /** The card has to find it first. */
  first: boolean;
}

export interface SavedTransfer {
  readonly write: boolean;
  readonly register: string | null;
  readonly position: number;
  readonly left: number | null;
  readonly first: boolean;
}

export function saveTransfer({ write, register, position, left, first }: Transfer) {
  return {
    ...{ write, position, first },
    register: register?.toBase64() ?? null,
    left: left === Infinity ? null : left,
  };
}

export function loadTransfer({ write, register, position, left, first }: SavedTransfer): Transfer {
  return {
    ...{ write, position, first },
    register: register === null ? undefined : Uint8Array.fromBase64(register),
    left: left ?? Infinity,
  };
}
