/** One channel of a McSPI: its transmitter and receiver, registers or buffer (TRM 24.3.2). */

export type Direction = "both" | "receive" | "transmit";

export interface ChannelConfiguration {
  readonly direction: Direction;
  /** Of a word. */
  readonly bits: number;
  readonly buffered: { readonly transmit: boolean; readonly receive: boolean };
  /** Bytes of room at which the buffer asks for data. */
  readonly almostEmpty: number;
  /** Bytes at which the buffer tells that it has data. */
  readonly almostFull: number;
  /** After so many words a buffered transfer ends; 0: never. */
  readonly words: number;
}

export type ChannelState = {
  readonly enabled: boolean;
  readonly started: boolean;
  readonly transmit: number[];
  readonly receive: number[];
  readonly held: number | null;
  readonly loaded: boolean;
  readonly kept: number;
  readonly ended: boolean;
  readonly done: number;
  readonly owedWrites: number;
  readonly owedReads: number;
};

const BUFFER_BYTES = 64;
const STATUS = { RXS: 1, TXS: 2, EOT: 4, TXFFE: 8, TXFFF: 0x10, RXFFE: 0x20, RXFFF: 0x40 } as const;
const UNCONFIGURED: ChannelConfiguration = {
  direction: "both",
  bits: 1,
  buffered: { transmit: false, receive: false },
  almostEmpty: 1,
  almostFull: 1,
  words: 0,
};

export class McspiChannel {
  enabled = false;
  /** Words that went, of a buffered transfer. */
  done = 0;
  #configuration = UNCONFIGURED;
  /** It was enabled once since reset: the status is that of registers, not of reset. */
  #started = false;
  #transmit: number[] = [];
  #receive: number[] = [];
  /** In turbo mode: a word that waits in the shift register for the receiver. */
  #held: number | null = null;
  /** A word was written since it was enabled. */
  #loaded = false;
  /** What receive-only mode sends again and again. */
  #kept = 0;
  #ended = false;
  /** Bytes that the buffer's last request is still owed: until then it makes no new one. */
  #owedWrites = 0;
  #owedReads = 0;

  configure(configuration: ChannelConfiguration): void {
    this.#configuration = configuration;
  }

  get direction(): Direction {
    return this.#configuration.direction;
  }

  get usesBuffer(): boolean {
    const { transmit, receive } = this.#configuration.buffered;
    return transmit || receive;
  }

  /** The first word since it was enabled is still to come. */
  get first(): boolean {
    return this.done === 0;
  }

  /** Something waits to be read. */
  get holds(): boolean {
    return this.#receive.length > 0;
  }

  /** Without a buffer: the word that was just taken was the only one. */
  get becameEmpty(): boolean {
    return this.direction !== "receive" && !this.#configuration.buffered.transmit &&
      this.#transmit.length === 0;
  }

  enable(): void {
    this.#clear();
    this.enabled = true;
    this.#started = true;
  }

  disable(): void {
    this.enabled = false;
  }

  #clear(): void {
    this.#transmit = [];
    this.#receive = [];
    this.#held = null;
    this.#loaded = false;
    this.#ended = false;
    this.done = 0;
    this.#owedWrites = 0;
    this.#owedReads = 0;
  }

  reset(): void {
    this.#clear();
    this.enabled = false;
    this.#started = false;
    this.#kept = 0;
  }

  get #bytesAWord(): number {
    const { bits } = this.#configuration;
    return bits <= 8 ? 1 : bits <= 16 ? 2 : 4;
  }

  /** Words that fit (24.3.2.10.1: both directions have half of the buffer each). */
  #room(buffered: boolean): number {
    if (!buffered) return 1;
    const { transmit, receive } = this.#configuration.buffered;
    return BUFFER_BYTES / (transmit && receive ? 2 : 1) / this.#bytesAWord;
  }

  get #transmitRoom(): number {
    return this.#room(this.#configuration.buffered.transmit);
  }

  get #receiveRoom(): number {
    return this.#room(this.#configuration.buffered.receive);
  }

  /** A register is overwritten; a full buffer takes nothing; a disabled channel neither. */
  write(word: number): void {
    if (!this.enabled) return;
    this.#loaded = true;
    this.#kept = word;
    this.#owedWrites = Math.max(0, this.#owedWrites - this.#bytesAWord);
    if (!this.#configuration.buffered.transmit) this.#transmit = [word];
    else if (this.#transmit.length < this.#transmitRoom) this.#transmit.push(word);
  }

  /** `filled`: a word that was held has come in its place. */
  read(): { word: number | undefined; filled: boolean } {
    const word = this.#receive.shift();
    if (word !== undefined) this.#owedReads = Math.max(0, this.#owedReads - this.#bytesAWord);
    const held = this.#held;
    if (held === null) return { word, filled: false };
    this.#held = null;
    return { word, filled: this.#put(held) };
  }

  /** Whether a word can go now: rules 1 to 3 of 24.3.2.3, and what the modes make of them. */
  ready(turbo: boolean): boolean {
    const { direction, words } = this.#configuration;
    if (!this.enabled || this.#held !== null) return false;
    if (this.usesBuffer && words !== 0 && this.done >= words) return false;
    if (direction === "receive" ? !this.#loaded : this.#transmit.length === 0) return false;
    return direction === "transmit" || turbo || this.#receive.length < this.#receiveRoom;
  }

  /** The word that goes, when `ready`. */
  next(): number {
    this.#ended = false;
    return this.direction === "receive" ? this.#kept : this.#transmit.shift()!;
  }

  /** A word has come in. */
  finish(word: number): { filled: boolean; ended: boolean; underflow: boolean } {
    const { direction, words } = this.#configuration;
    this.#ended = true;
    this.done++;
    let filled = false;
    if (direction === "transmit") this.#receive = [word];
    else if (this.#receive.length < this.#receiveRoom) filled = this.#put(word);
    else this.#held = word;
    const ended = this.usesBuffer && this.done === words;
    const more = this.enabled && !ended && direction !== "receive";
    return { filled, ended, underflow: more && this.#transmit.length === 0 };
  }

  /** Whether that is to be told. */
  #put(word: number): boolean {
    this.#receive.push(word);
    const { buffered, almostFull } = this.#configuration;
    if (!buffered.receive) return true;
    if (this.#owedReads > 0 || this.#receive.length * this.#bytesAWord < almostFull) return false;
    this.#owedReads = almostFull;
    return true;
  }

  /** Whether the buffer makes a new request for data, which it then waits for. */
  asksForData(): boolean {
    const { buffered, almostEmpty } = this.#configuration;
    if (!this.enabled || !buffered.transmit || this.#owedWrites > 0) return false;
    if ((this.#transmitRoom - this.#transmit.length) * this.#bytesAWord < almostEmpty) return false;
    this.#owedWrites = almostEmpty;
    return true;
  }

  /** CHSTAT. */
  get status(): number {
    if (!this.#started) return 0;
    const { transmit, receive } = this.#configuration.buffered;
    const [sending, received] = [this.#transmit.length, this.#receive.length];
    // In receive-only mode the transmitter counts as full once it was loaded.
    const empty = this.direction === "receive" ? !this.#loaded : sending === 0;
    return (received > 0 ? STATUS.RXS : 0) | (empty ? STATUS.TXS : 0) |
      (this.#ended ? STATUS.EOT : 0) |
      (transmit && sending === 0 ? STATUS.TXFFE : 0) |
      (transmit && sending >= this.#transmitRoom ? STATUS.TXFFF : 0) |
      (receive && received === 0 ? STATUS.RXFFE : 0) |
      (receive && received >= this.#receiveRoom ? STATUS.RXFFF : 0);
  }

  save(): ChannelState {
    return {
      enabled: this.enabled,
      started: this.#started,
      transmit: [...this.#transmit],
      receive: [...this.#receive],
      held: this.#held,
      loaded: this.#loaded,
      kept: this.#kept,
      ended: this.#ended,
      done: this.done,
      owedWrites: this.#owedWrites,
      owedReads: this.#owedReads,
    };
  }

  /** After `configure`. */
  load(state: ChannelState): void {
    this.enabled = state.enabled;
    this.#started = state.started;
    this.#transmit = [...state.transmit];
    this.#receive = [...state.receive];
    this.#held = state.held;
    this.#loaded = state.loaded;
    this.#kept = state.kept;
    this.#ended = state.ended;
    this.done = state.done;
    this.#owedWrites = state.owedWrites;
    this.#owedReads = state.owedReads;
  }
}
