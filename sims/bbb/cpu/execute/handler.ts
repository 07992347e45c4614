/**
 * How instructions are executed one by one: a function for each op, by the manual's pseudo-code. The
 * interpreter's loop has short ways for the common ones, and must do exactly as these do.
 */
import type { Core } from "../core.ts";
import { W1 } from "../op.ts";

/**
 * Executes an instruction whose condition has passed. R15 holds what it reads as; one that branches
 * sets {@linkcode Core.jumped}.
 *
 * @throws Abort or Undefined, with nothing changed but memory before the fault
 */
export type Execute = (core: Core, w1: number, w2: number, w3: number) => void;

/** By {@link Op}. */
export type Executes = { readonly [op: number]: Execute };

export const rd = (w1: number): number => w1 & 15;
export const rn = (w1: number): number => w1 >>> W1.RN & 15;
export const rm = (w1: number): number => w1 >>> W1.RM & 15;
export const ra = (w1: number): number => w1 >>> W1.RA & 15;
export const amountOf = (w1: number): number => w1 >>> W1.AMOUNT & 63;
export const typeOf = (w1: number): number => w1 >>> W1.TYPE & 7;
export const setsFlags = (w1: number): boolean => (w1 & 1 << W1.S) !== 0;
