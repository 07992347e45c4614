/** The part of the time axis in sight, and where its moments are in pixels. */
import { roundStep } from "./format.ts";

/** No closer than this: twenty nanoseconds across. */
const CLOSEST_NS = 20;

export class Scale {
  #from = 0;
  #to = 1;
  /** All there is. */
  #begin = 0;
  #end = 1;
  width = 1;

  constructor(begin: number, end: number) {
    this.extend(begin, end);
    this.fit();
  }

  /** There is more now. What is in sight stays, unless all was. */
  extend(begin: number, end: number): void {
    const whole = this.isWhole;
    const spare = Math.max(CLOSEST_NS, (end - begin) * 0.012);
    this.#begin = begin - spare;
    this.#end = end + spare;
    if (whole) this.fit();
  }

  get from(): number {
    return this.#from;
  }

  get to(): number {
    return this.#to;
  }

  get span(): number {
    return this.#to - this.#from;
  }

  get all(): readonly [from: number, to: number] {
    return [this.#begin, this.#end];
  }

  get isWhole(): boolean {
    return this.#from <= this.#begin && this.#to >= this.#end;
  }

  fit(): void {
    this.#from = this.#begin;
    this.#to = this.#end;
  }

  show(from: number, to: number): void {
    const most = this.#end - this.#begin;
    const span = Math.min(most, Math.max(CLOSEST_NS, to - from));
    const middle = (from + to) / 2;
    this.#from = Math.min(Math.max(this.#begin, middle - span / 2), this.#end - span);
    this.#to = this.#from + span;
  }

  /** @param factor below 1: closer. @param at what stays where it is */
  zoom(factor: number, at = (this.#from + this.#to) / 2): void {
    const span = Math.min(this.#end - this.#begin, Math.max(CLOSEST_NS, this.span * factor));
    const share = (at - this.#from) / this.span;
    const from = at - share * span;
    this.show(from, from + span);
  }

  pan(ns: number): void {
    this.show(this.#from + ns, this.#to + ns);
  }

  /** In sight, and closer if there is no more than a moment in sight. */
  reveal(t: number): void {
    if (t >= this.#from && t <= this.#to) return;
    this.show(t - this.span / 2, t + this.span / 2);
  }

  x(t: number): number {
    return (t - this.#from) / this.span * this.width;
  }

  t(x: number): number {
    return this.#from + x / this.width * this.span;
  }

  ticks(): { step: number; moments: number[] } {
    const step = roundStep(this.span, this.width / 110);
    const moments: number[] = [];
    for (let t = Math.ceil(this.#from / step) * step; t <= this.#to; t += step) moments.push(t);
    return { step, moments };
  }
}
