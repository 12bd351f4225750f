/** Recorded experience of one agent: transitions in the order in which they happened. */

/** A log of n >= 1 steps, by column. */
export interface Log {
  readonly state: Uint32Array
  readonly action: Uint32Array
  readonly reward: Float64Array
  readonly next: Uint32Array
  /** 1 where the step terminated: it bootstraps from nothing */
  readonly terminated: Uint8Array
}
