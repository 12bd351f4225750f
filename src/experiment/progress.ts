/** How far a run is, how fast it goes and how long it will take. Pure: the clock is an argument. */

/** How far a run is, in trials and in agent-steps. */
export interface Progress {
  readonly trials: number
  /** finished trials, those of an earlier process included */
  readonly trialsDone: number
  /** agent-steps of all trials */
  readonly steps: number
  readonly stepsDone: number
  /** of `stepsDone`: those that an earlier process did */
  readonly stepsBefore: number
}

/** What follows from a progress and the time it took. */
export interface Estimate {
  /** in [0, 1] */
  readonly fraction: number
  /** agent-steps per second; null while none is done */
  readonly stepsPerSecond: number | null
  readonly secondsLeft: number | null
}

/**
 * Rate and time left, as if the rest went as fast as what was done since the start.
 * @param seconds since the start of this process's work, >= 0
 */
export function estimate({ steps, stepsDone, stepsBefore }: Progress, seconds: number): Estimate {
  const done = stepsDone - stepsBefore
  const fraction = steps === 0 ? 1 : Math.min(1, stepsDone / steps)
  if (done <= 0 || seconds <= 0) return { fraction, stepsPerSecond: null, secondsLeft: null }
  const stepsPerSecond = done / seconds
  return { fraction, stepsPerSecond, secondsLeft: Math.max(0, steps - stepsDone) / stepsPerSecond }
}

const UNITS: readonly [seconds: number, name: string][] = [
  [31_557_600, 'years'],
  [86_400, 'days'],
  [3600, 'hours'],
  [60, 'minutes'],
  [1, 'seconds'],
]

/** A span of time in its largest unit that is counted at least twice: '95 seconds', '3 hours', '12 days'. */
export function describeSeconds(seconds: number): string {
  const [unit, name] = UNITS.find(([length]) => seconds >= 2 * length) ?? [1, 'seconds']
  const count = Math.round(seconds / unit)
  return count === 1 ? '1 second' : `${count} ${name}`
}

/** A count in three figures: '950', '12.3 k', '4.56 M', '1.00 T'. */
export function describeCount(count: number): string {
  const units = ['', ' k', ' M', ' G', ' T', ' P']
  let scaled = count
  let unit = 0
  while (scaled >= 999.5 && unit < units.length - 1) {
    scaled /= 1000
    unit++
  }
  return unit === 0
    ? String(Math.round(scaled))
    : `${scaled.toPrecision(Math.max(3, String(Math.round(scaled)).length))}${units[unit]}`
}

/** A number of bytes: '950 B', '12.3 kB', '4.56 MB'. */
export function describeBytes(bytes: number): string {
  const count = describeCount(bytes)
  return count.includes(' ') ? `${count}B` : `${count} B`
}
