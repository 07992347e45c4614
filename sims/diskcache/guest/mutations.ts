/** Defects that can be built into the guest, and the scenario that must notice each. */

export interface Mutation {
  readonly name: string;
  /** MUTATION_… in mutations.h. */
  readonly define: string;
  readonly breaks: string;
  /** From the root of the repository. */
  readonly file: string;
  /** The scenario that must fail. */
  readonly scenario: string;
}

export const MUTATIONS: readonly Mutation[] = [];
