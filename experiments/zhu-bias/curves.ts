/** The curves of the two exact parts: one for each algorithm, number of local steps and step size. */
import { isPolicyGradient, samplesOfVariant } from '../../src/experiment/claim.ts'
import type { Measured } from '../../src/experiment/claim.ts'

/** The algorithms, in the order of tables and legends. */
export const ALGORITHMS = ['fedpg', 'fast-fedpg', 'scaffold'] as const
/** One of {@link ALGORITHMS}. */
export type Algorithm = (typeof ALGORITHMS)[number]

/** Rounds of the table. */
export const ROUNDS: readonly number[] = [50, 200, 500, 1000, 2000]

/** A measured number: [round, value]. */
export type RoundValue = readonly [round: number, value: number]

/** What one variant measured. */
export interface Curve {
  readonly objective: 'plain' | 'entropy'
  readonly algorithm: Algorithm
  /** H */
  readonly localSteps: number
  /** eta */
  readonly stepSize: number
  /** J* - J */
  readonly gap: readonly RoundValue[]
  /** |grad J| */
  readonly gradientNorm: readonly RoundValue[]
}

/** The curves of a part without chance, in the order of its grid. Throws RangeError where a metric is missing. */
export function curvesOf(part: Measured): Curve[] {
  return part.variants.map((variant): Curve => {
    if (!isPolicyGradient(variant.settings))
      throw new RangeError(`zhu-bias: expected policy gradients, got variant ${variant.name}`)
    const { name, entropy, localSteps, stepSize } = variant.settings.algorithm
    const values = (metric: string): RoundValue[] =>
      samplesOfVariant(part, variant, metric).map((samples) => [samples.round, samples.values[0] as number])
    return {
      objective: entropy > 0 ? 'entropy' : 'plain',
      algorithm: name as Algorithm,
      localSteps,
      stepSize: stepSize as number,
      gap: values('gap'),
      gradientNorm: values('gradientNorm'),
    }
  })
}

/** 'H = 10, eta = 0.1' */
export const settingOf = ({ localSteps, stepSize }: Pick<Curve, 'localSteps' | 'stepSize'>): string =>
  `H = ${localSteps}, eta = ${stepSize}`

/** 'plain, fedpg, H = 10, eta = 0.1' */
export const nameOf = (curve: Curve): string => `${curve.objective}, ${curve.algorithm}, ${settingOf(curve)}`

/** The value at a round. Throws RangeError where it was not measured. */
export function at(values: readonly RoundValue[], round: number): number {
  const found = values.find(([measured]) => measured === round)
  if (found === undefined) throw new RangeError(`zhu-bias: not measured at round ${round}`)
  return found[1]
}

/** The last round. Throws RangeError on an empty curve. */
export function lastOf({ gap }: Curve): number {
  const last = gap.at(-1)
  if (last === undefined) throw new RangeError('zhu-bias: a curve without points')
  return last[0]
}

/** The curve of another algorithm at the same settings. Throws RangeError where there is none. */
export function siblingOf(curves: readonly Curve[], curve: Curve, algorithm: Algorithm): Curve {
  const found = curves.find(
    (other) =>
      other.algorithm === algorithm &&
      other.objective === curve.objective &&
      other.localSteps === curve.localSteps &&
      other.stepSize === curve.stepSize,
  )
  if (found === undefined) throw new RangeError(`zhu-bias: no ${algorithm} beside ${nameOf(curve)}`)
  return found
}
