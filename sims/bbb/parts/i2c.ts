/** What hangs on an I2C bus: a slave with a 7-bit address. */
export interface I2cDevice {
  readonly name: string;
  readonly address: number;
  /** A (repeated) start with this slave's address. False: no acknowledge. */
  start(direction: "read" | "write"): boolean;
  /** A byte from the master. False: no acknowledge. */
  write(byte: number): boolean;
  /** A byte for the master. */
  read(): number;
  stop(): void;
}
