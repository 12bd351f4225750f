/** What was measured, as curves against the number of agents. */
import {
  averaged,
  partOf,
  samplesAt,
  samplesWhere,
  slopeOfMeans,
  stationary,
} from '../../src/experiment/claim.ts'
import type { Measured, Quantity, Samples } from '../../src/experiment/claim.ts'
import { log } from '../../src/numeric/index.ts'

/** N */
export const COUNTS = [2, 4, 8, 16, 32] as const
/** Part of the rounds, from the end, over which the gap of Theorem 1 is averaged. */
export const SHARE = 0.1
/** H T of the variant of Theorem 1. */
const STEPS = 5 * 600

/** Variants of the files, told apart by temperature and rounds. */
const VARIANTS = {
  theorem1: { 'algorithm.entropy': 0.4, 'algorithm.rounds': 600 },
  plain: { 'algorithm.entropy': 0, 'algorithm.rounds': 400 },
  entropy: { 'algorithm.entropy': 0.4, 'algorithm.rounds': 400 },
} as const

/** One number a seed for each N. */
export interface Curve {
  /** of the objective: with or without entropy bonus */
  readonly name: 'plain' | 'entropy'
  readonly quantity: string
  readonly points: readonly { readonly count: number; readonly samples: Samples }[]
  /** what the bound is proportional to, beside the power of N that the theorem names */
  readonly factor: (count: number) => number
}

/** The curves that are judged, and the gap without a bonus, of which nothing is claimed. */
export interface Curves {
  readonly gap: Curve
  readonly norms: readonly Curve[]
  readonly plainGap: Curve
}

/** The factor log(N H T) of the bound of Theorem 1 at the step size of Theorem 1. */
export const logarithm = (count: number): number => log(count * STEPS)

/** Reads the curves. Throws RangeError where a variant was not measured. */
export function curvesOf(measured: ReadonlyMap<string, Measured>): Curves {
  const part = (count: number): Measured => partOf(measured, `agents-${count}`)
  const points = (of: (part: Measured) => Samples): Curve['points'] =>
    COUNTS.map((count) => ({ count, samples: of(part(count)) }))
  const norm = (name: Curve['name']): Curve => ({
    name,
    quantity: 'mean over the rounds of |grad J|^2',
    points: points((of) => averaged(samplesWhere(of, VARIANTS[name], 'squaredGradientNorm'))),
    factor: () => 1,
  })
  return {
    gap: {
      name: 'entropy',
      quantity: 'gap at the step size of Theorem 1',
      points: points((of) => stationary(samplesWhere(of, VARIANTS.theorem1, 'gap'), SHARE)),
      factor: logarithm,
    },
    norms: [norm('plain'), norm('entropy')],
    plainGap: {
      name: 'plain',
      quantity: 'gap at the end, at the step size of Theorem 2',
      points: points((of) => samplesAt(of, VARIANTS.plain, 'gap')),
      factor: () => 1,
    },
  }
}

/** The slope of log(mean / factor) against log N. */
export const slopeOf = ({ points, factor }: Curve): Quantity =>
  slopeOfMeans(
    'slope',
    points.map(({ count }) => count),
    points.map(({ count, samples }) => ({
      ...samples,
      values: samples.values.map((value) => value / factor(count)),
    })),
  )
