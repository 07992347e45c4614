/** What can switch a target's power. Each kind is a file of its own. */

export interface Outlet {
  /** For people: "relay 1 of http://10.0.0.5". No password is in it. */
  readonly name: string;
  /**
   * Resolves when it has said that it did.
   *
   * @throws PowerError with what it said
   */
  switch(on: boolean, signal: AbortSignal): Promise<void>;
  /** Where it can be asked whether it is on. */
  state?(signal: AbortSignal): Promise<boolean>;
}

export type Verb = "switch on" | "switch off" | "read the state of";

export function verb(on: boolean): Verb {
  return on ? "switch on" : "switch off";
}
