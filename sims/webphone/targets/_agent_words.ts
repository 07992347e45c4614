/** What is said to the process of JsSIP's agents, and by it. */
import type { SignallingOptions } from "../phone/options.ts";
import type { WebphoneState } from "../phone/state.ts";

/** What is asked of the agent of a user. */
export type AgentCommand =
  & { readonly id: number; readonly user: string }
  & (
    | { readonly type: "open"; readonly options: SignallingOptions & { answer: boolean | number } }
    | { readonly type: "register" | "unregister" | "answer" | "hang up" | "close" }
    | { readonly type: "call"; readonly target: string }
    | { readonly type: "until"; readonly key: UntilKey; readonly value: string; withinS: number }
  );

export type UntilKey = "registration" | "call";

export type AgentAnswer = {
  readonly id: number;
  readonly state?: WebphoneState;
  /** Of an error. */
  readonly message?: string;
};
