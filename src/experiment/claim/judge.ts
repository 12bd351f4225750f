/**
 * From numbers to verdicts. A claim about one number holds when the whole interval lies on the right side, does not hold when it
 * lies on the wrong side, and is undecided otherwise. A claim about several numbers is judged by simultaneous intervals (Bonferroni:
 * each of m has the level 1 - 0.05/m): it holds when it holds for each, and does not hold when it fails for any.
 */
import { differences, seedsToDecide } from '../../metrics/compare.ts'
import type { Samples } from '../../metrics/samples.ts'
import { log } from '../../numeric/elementary.ts'
import { bootstrap, bootstrapInterval, leastSquares, mean } from '../../numeric/statistics.ts'
import type { Interval } from '../../numeric/statistics.ts'

/** What the measurements say of a claim, and the numbers behind it. */
export interface Verdict {
  readonly claim: string
  readonly verdict: 'holds' | 'does not hold' | 'undecided'
  readonly evidence: string
}

/** A number that a claim wants above 0, and what it takes to resample it. */
export interface Quantity {
  /** where it was measured: 'T = 300' */
  readonly point: string
  /** over how many seeds */
  readonly seeds: number
  /** of the seeds' indices [seeds], each drawn with replacement */
  readonly statistic: (indices: Uint32Array) => number
  /** of a claim about a factor: the factor found, told beside the statistic */
  readonly ratio?: (indices: Uint32Array) => number
}

const LEVEL = 0.95
/** The ends of simultaneous intervals are far out in the tails: that takes more resamples than a single interval does. */
const RESAMPLES = 10_000

/** The mean of `values` over the seeds of a resample. */
export function meanOf(values: readonly number[], indices: Uint32Array): number {
  let sum = 0
  for (let i = 0; i < indices.length; i++) sum += values[indices[i] as number] as number
  return sum / indices.length
}

/** The mean over seeds and its 95 % interval. */
export function intervalOf(samples: Samples): Interval {
  return bootstrapInterval(samples.values, { level: LEVEL, resamples: 2000 })
}

/** The mean of the paired difference larger - smaller, which a claim wants above 0. Throws RangeError when no seed has both. */
export function excess(point: string, larger: Samples, smaller: Samples): Quantity {
  const values = differences(larger, smaller)
  if (values.length === 0) throw new RangeError(`claim: no seed has both at ${point}`)
  return { point, seeds: values.length, statistic: (indices) => meanOf(values, indices) }
}

/** A statistic of resampled seeds and its 95 % interval, for tables and {@link inside}. */
export function intervalAt({ seeds, statistic }: Quantity): Interval {
  return bootstrap(seeds, statistic, { level: LEVEL, resamples: 2000 })
}

/**
 * The slope of log error^2 against log x, fitted to the mean errors by least squares: -1 where the squared error falls as 1/x.
 * @param xs positive
 * @param errors for each x, over the same seeds in the same order; positive
 */
export function slopeOfSquares(point: string, xs: readonly number[], errors: readonly Samples[]): Quantity {
  const logs = xs.map(log)
  const statistic = (indices: Uint32Array): number =>
    leastSquares(
      logs,
      errors.map(({ values }) => 2 * log(meanOf(values, indices))),
    ).slope
  return { point, seeds: Math.min(...errors.map(({ values }) => values.length)), statistic }
}

/** For each seed the mean over the last `share` of the evaluations: the error once it no longer falls. Throws RangeError on no samples. */
export function stationary(samples: readonly Samples[], share: number): Samples {
  const last = samples.at(-1)
  if (last === undefined) throw new RangeError('stationary: at least one evaluation is needed, got 0')
  const tail = samples.filter(({ step }) => step > last.step * (1 - share))
  return { ...last, values: last.values.map((_, i) => mean(tail.map(({ values }) => values[i] as number))) }
}

/** The quantities between neighbours of a sequence that a claim wants to rise. */
export function rises<T>(sequence: readonly T[], between: (later: T, earlier: T) => Quantity): Quantity[] {
  return sequence.slice(1).map((later, i) => between(later, sequence[i] as T))
}

/** Judges that every quantity lies above 0. Throws RangeError without quantities. */
export function allPositive(claim: string, quantities: readonly Quantity[]): Verdict {
  if (quantities.length === 0) throw new RangeError(`claim: nothing to judge: ${claim}`)
  const level = 1 - (1 - LEVEL) / quantities.length
  const judged = quantities.map((quantity): JudgedQuantity => {
    const interval = bootstrap(quantity.seeds, quantity.statistic, { level, resamples: RESAMPLES })
    return { quantity, interval, side: quantity.seeds < seedsToDecide(level) ? 0 : sideOf(interval) }
  })
  const failing = judged.filter(({ side }) => side < 0)
  const open = judged.filter(({ side }) => side === 0)
  const verdict = failing.length > 0 ? 'does not hold' : open.length > 0 ? 'undecided' : 'holds'
  const shown = failing.length > 0 ? failing : open.length > 0 ? open : [smallest(judged)]
  const margins = shown.map((one) => `margin at ${show(one, level)}`).join('; ')
  return {
    claim,
    verdict,
    evidence: `${headline(verdict, judged.length, shown.length)}${margins}. ${method(quantities, level)}`,
  }
}

/** Judges that a number with interval lies in [low, high]: the whole interval within, wholly outside, or neither. */
export function inside(claim: string, interval: Interval, seeds: number, low: number, high: number): Verdict {
  const outside = interval.low > high || interval.high < low
  const decided = seeds >= seedsToDecide(LEVEL)
  const within = interval.low >= low && interval.high <= high
  const verdict = decided && within ? 'holds' : decided && outside ? 'does not hold' : 'undecided'
  return {
    claim,
    verdict,
    evidence: `${withEnds(interval)} against [${low}, ${high}]; 95 % interval, ${seeds} seeds.`,
  }
}

/** A mean over seeds beside a number that another program got for it. */
export interface Compared {
  readonly point: string
  readonly samples: Samples
  readonly other: number
}

/**
 * Judges that each of our means lies within `tolerance` of the other's number. Holds when all do; does not hold when an interval lies
 * wholly outside; undecided when a mean lies outside and its interval does not. The tolerance stands for the noise of both means.
 */
export function close(claim: string, compared: readonly Compared[], tolerance: number): Verdict {
  const level = 1 - (1 - LEVEL) / compared.length
  const judged = compared.map(({ point, samples, other }) => {
    const { value, low, high } = bootstrapInterval(samples.values, { level, resamples: RESAMPLES })
    const decided = samples.values.length >= seedsToDecide(level)
    return {
      point,
      distance: Math.abs(value - other),
      value,
      other,
      far: decided && (low > other + tolerance || high < other - tolerance),
    }
  })
  const worst = judged.reduce((a, b) => (b.distance > a.distance ? b : a))
  const verdict = judged.some(({ far }) => far)
    ? 'does not hold'
    : worst.distance > tolerance
      ? 'undecided'
      : 'holds'
  const evidence = `largest distance ${number(worst.distance)} of ${judged.length} points, at ${worst.point}: ours ${number(worst.value)}, theirs ${number(worst.other)}; tolerance ${tolerance}.`
  return { claim, verdict, evidence }
}

/** A published number beside what each frozen draw gives for it. */
export interface Drawn {
  readonly point: string
  readonly published: number
  /** one mean over trajectories for each draw */
  readonly draws: readonly number[]
}

/** Draws it takes before a number outside their range is more than chance: one more draw falls outside n with probability 2/(n + 1). */
const DRAWS_TO_DECIDE = 39

/** Whether a published number lies within the range of the draws; outside too few of them it is undecided. */
export function withinDraws({ published, draws }: Drawn): Verdict['verdict'] {
  if (published >= Math.min(...draws) && published <= Math.max(...draws)) return 'holds'
  return draws.length >= DRAWS_TO_DECIDE ? 'does not hold' : 'undecided'
}

/** Judges that every published number lies within the range of the frozen draws, point by point. */
export function allWithinDraws(claim: string, points: readonly Drawn[]): Verdict {
  if (points.length === 0) throw new RangeError(`claim: nothing to judge: ${claim}`)
  const outside = points.filter((point) => withinDraws(point) !== 'holds')
  const verdict = outside.length === 0 ? 'holds' : withinDraws(outside[0] as Drawn)
  const { point, published, draws } = (outside[0] ?? points.at(-1)) as Drawn
  const range = `at ${point} published ${number(published)}, draws ${number(Math.min(...draws))} to ${number(Math.max(...draws))}`
  const count = `${points.length - outside.length} of ${points.length} published numbers within the range of ${draws.length} frozen draws`
  return {
    claim,
    verdict,
    evidence: `${count}; ${range}. The range of ${draws.length} draws holds one more with probability ${number((draws.length - 1) / (draws.length + 1))}.`,
  }
}

/** A verdict on what is known exactly, seed by seed: it holds at all or it does not. */
export function exact(claim: string, faults: readonly string[], evidence: string): Verdict {
  if (faults.length === 0) return { claim, verdict: 'holds', evidence }
  return { claim, verdict: 'does not hold', evidence: `${faults.length} faults, the first: ${faults[0]}.` }
}

/** Four significant digits. */
export const number = (value: number): string => String(Number(value.toPrecision(4)))

interface JudgedQuantity {
  readonly quantity: Quantity
  readonly interval: Interval
  /** of 0 on which the interval lies: 1 above, -1 below, 0 where that is open */
  readonly side: number
}

const sideOf = ({ low, high }: Interval): number => (low > 0 ? 1 : high < 0 ? -1 : 0)

const smallest = (judged: readonly JudgedQuantity[]): JudgedQuantity =>
  judged.reduce((a, b) => (b.interval.value < a.interval.value ? b : a))

const withEnds = ({ value, low, high }: Interval): string =>
  `${number(value)} [${number(low)}, ${number(high)}]`

function show({ quantity: { point, seeds, ratio }, interval }: JudgedQuantity, level: number): string {
  const margin = `${point}: ${withEnds(interval)}`
  if (ratio === undefined) return margin
  return `${margin}, ratio ${withEnds(bootstrap(seeds, ratio, { level, resamples: RESAMPLES }))}`
}

function headline(verdict: Verdict['verdict'], all: number, shown: number): string {
  if (verdict === 'holds') return all === 1 ? '' : `at all ${all} points; smallest `
  return verdict === 'undecided'
    ? `undecided at ${shown} of ${all} points; `
    : `fails at ${shown} of ${all} points; `
}

function method(quantities: readonly Quantity[], level: number): string {
  const seeds = Math.min(...quantities.map((quantity) => quantity.seeds))
  const needed = seedsToDecide(level)
  const simultaneous =
    quantities.length > 1 ? `simultaneous intervals, each at ${number(100 * level)} %` : '95 % interval'
  const short = seeds < needed ? `; at least ${needed} seeds are needed to decide` : ''
  return `Paired over ${seeds} seeds, ${simultaneous}${short}.`
}

/** For each of the draws, the mean over its trajectories. */
export const drawMeans = (samples: readonly Samples[]): number[] => samples.map(({ values }) => mean(values))
