/** Block storage of a target, from the outside: the truth about what it wrote. */
export interface Storage {
  readonly name: string;
  /** In blocks of 512 bytes. */
  readonly blocks: number;
  /** @throws RangeError beyond its end */
  read(block: number, count?: number): Promise<Uint8Array>;
  /** Past the target, which is best off then. */
  write(block: number, bytes: Uint8Array): Promise<void>;
}
