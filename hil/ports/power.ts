/** Power of a target. */
export interface Power {
  on(): Promise<void>;
  /** Orderly where the target knows how. */
  off(): Promise<void>;
  /** As if the plug were pulled: nothing is flushed. */
  cut(): Promise<void>;
  /** Warm reset. */
  reset(): Promise<void>;
}
