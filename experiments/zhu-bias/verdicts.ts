/** The claims on the one problem: floors, their growth, and the rates where there is none. All are exact comparisons. */
import { exact, exponential, number, powerLaw } from '../../src/experiment/claim.ts'
import type { Fit, Verdict } from '../../src/experiment/claim.ts'
import { at, lastOf, nameOf, ROUNDS, settingOf, siblingOf, type Algorithm, type Curve } from './curves.ts'

/** What counts as 1/t and as linear. */
export const FIT = {
  /** how far the slope may lie from -1 */
  tolerance: 0.2,
  /** least R^2 */
  explained: 0.99,
  /** gaps between which a linear rate is fitted: below, J and J* are rounded */
  from: 1e-2,
  to: 1e-12,
} as const

/** A floor: the gap at the end is at least this part of that at half the rounds (1/t leaves a half) ... */
export const FLOOR_KEPT = 0.8
/** ... it is not small ... */
const FLOOR_LEAST = 1e-4
/** ... and lies this many times above that of Fast-FedPG. */
const FLOOR_ABOVE = 4
/** SCAFFOLD has the gap of Fast-FedPG up to this part of it. */
const SAME_GAP = 0.01
/** All three algorithms are one with a single local step: beyond this a difference is no rounding. */
const ROUNDING = 1e-12

const several = (curves: readonly Curve[], algorithm: Algorithm): Curve[] =>
  curves.filter((curve) => curve.algorithm === algorithm && curve.localSteps > 1)

const endOf = (curve: Curve): number => at(curve.gap, lastOf(curve))

/** FedPG with more than one local step ends at a floor. */
export function floors(objective: Curve['objective'], curves: readonly Curve[]): Verdict {
  const judged = several(curves, 'fedpg').map((curve) => {
    const [end, fast] = [endOf(curve), endOf(siblingOf(curves, curve, 'fast-fedpg'))]
    const kept = end / at(curve.gap, lastOf(curve) / 2)
    const ok = kept >= FLOOR_KEPT && end >= FLOOR_LEAST && end >= FLOOR_ABOVE * fast
    const text = `${settingOf(curve)}: ${number(end)} after ${lastOf(curve)} rounds, ${number(100 * kept)} % of that at half, Fast-FedPG ${number(fast)}`
    return { ok, text }
  })
  return exact(
    `${objective}: FedPG with H > 1 ends at a floor: at least ${100 * FLOOR_KEPT} % of the gap at half the rounds, ${number(FLOOR_LEAST)} or more, and ${FLOOR_ABOVE} times that of Fast-FedPG`,
    judged.filter(({ ok }) => !ok).map(({ text }) => text),
    `${judged.map(({ text }) => text).join('; ')}.`,
  )
}

/** The floor rises with H at each step size and with the step size at each H > 1. */
export function floorGrows(objective: Curve['objective'], curves: readonly Curve[]): Verdict {
  const all = several(curves, 'fedpg')
  const pairs = all.flatMap((low) =>
    all
      .filter(
        (high) =>
          (high.localSteps > low.localSteps && high.stepSize === low.stepSize) ||
          (high.stepSize > low.stepSize && high.localSteps === low.localSteps),
      )
      .map((high) => ({ low, high })),
  )
  const shown = (curve: Curve): string => `${number(endOf(curve))} at ${settingOf(curve)}`
  return exact(
    `${objective}: the floor of FedPG grows with H and with eta`,
    pairs
      .filter(({ low, high }) => !(endOf(high) > endOf(low)))
      .map(({ low, high }) => `${shown(high)}, ${shown(low)}`),
    `${pairs.length} pairs of settings: ${all.map(shown).join(', ')}.`,
  )
}

/** Settings by their step of a whole round, eta H, which no theory admits beyond 1/L. */
export type Range = 'eta H <= 5' | 'eta H = 25'
const LARGEST = 5

const within = (curves: readonly Curve[], algorithm: Algorithm, range: Range): Curve[] =>
  curves.filter(
    (curve) =>
      curve.algorithm === algorithm &&
      curve.localSteps * curve.stepSize <= LARGEST === (range === 'eta H <= 5'),
  )

/** Without entropy the gap falls as 1/t. */
export function falls(algorithm: Algorithm, range: Range, curves: readonly Curve[]): Verdict {
  const judged = within(curves, algorithm, range).map((curve) => ({ curve, slope: tailSlope(curve) }))
  const text = ({ curve, slope }: (typeof judged)[number]): string =>
    `${settingOf(curve)}: ${slope === null ? 'a gap that is not positive' : number(slope)}`
  return exact(
    `plain, ${range}: the gap of ${algorithm} falls as 1/t: slope -1 within ${FIT.tolerance}`,
    judged.filter(({ slope }) => slope === null || Math.abs(slope + 1) > FIT.tolerance).map(text),
    `slopes over the second half of the rounds: ${judged.map(text).join('; ')}.`,
  )
}

/** The slope of log gap against log round over the second half of the rounds; null where a gap is not positive. */
export function tailSlope(curve: Curve): number | null {
  const tail = curve.gap.filter(([round]) => 2 * round >= lastOf(curve))
  return tail.every(([, gap]) => gap > 0) ? powerLaw(tail).slope : null
}

/** With entropy log gap falls linearly, and for H > 1 down to rounding. */
export function linear(algorithm: Algorithm, range: Range, curves: readonly Curve[]): Verdict {
  const judged = within(curves, algorithm, range).map((curve) => ({
    curve,
    line: straightPart(curve),
    end: endOf(curve),
  }))
  const text = ({ curve, line, end }: (typeof judged)[number]): string =>
    line === null
      ? `${settingOf(curve)}: no gaps to fit`
      : `${settingOf(curve)}: ${number(line.slope)} a round, R^2 ${number(line.explained)}, ${number(end)} at the end`
  return exact(
    `entropy, ${range}: the gap of ${algorithm} falls linearly, R^2 >= ${FIT.explained}, with H > 1 to below ${number(FIT.to)}`,
    judged
      .filter(
        ({ curve, line, end }) =>
          line === null ||
          line.slope >= 0 ||
          line.explained < FIT.explained ||
          (curve.localSteps > 1 && Math.abs(end) >= FIT.to),
      )
      .map(text),
    `${judged.map(text).join('; ')}.`,
  )
}

/** The line through log gap between the gaps of {@link FIT}; null where fewer than three lie there. */
export function straightPart({ gap }: Curve): Fit | null {
  const from = gap.findIndex(([, value]) => value <= FIT.from)
  const to = gap.findIndex(([, value]) => value <= FIT.to)
  const part = from < 0 ? [] : gap.slice(from, to < 0 ? undefined : to)
  return part.length < 3 ? null : exponential(part)
}

/** SCAFFOLD beside Fast-FedPG: it starts without control variates, so that its first rounds are others. */
export function sameGaps(curves: readonly Curve[]): Verdict {
  const compared = several(curves, 'scaffold')
    .filter((curve) => curve.localSteps * curve.stepSize <= LARGEST)
    .flatMap((curve) => {
      const fast = siblingOf(curves, curve, 'fast-fedpg')
      return curve.gap
        .filter(([round, gap]) => ROUNDS.includes(round) && gap > FIT.to)
        .map(([round, gap]) => ({ curve, round, distance: Math.abs(gap / at(fast.gap, round) - 1) }))
    })
    .toSorted((a, b) => b.distance - a.distance)
  const texts = compared.map(
    ({ curve, round, distance }) => `${nameOf(curve)}, round ${round}: ${number(100 * distance)} % apart`,
  )
  return exact(
    `eta H <= 5: the gaps of scaffold are those of fast-fedpg within ${100 * SAME_GAP} %, at all rounds of the table`,
    texts.filter((_, i) => (compared[i]?.distance ?? 0) > SAME_GAP),
    `${compared.length} gaps above ${number(FIT.to)}, the largest difference at ${texts[0]}.`,
  )
}

/** With one local step the three algorithms are the same. */
export function oneStepAgrees(curves: readonly Curve[]): Verdict {
  const single = curves.filter(({ localSteps, algorithm }) => localSteps === 1 && algorithm !== 'fedpg')
  const compared = single.flatMap((curve) => {
    const plain = siblingOf(curves, curve, 'fedpg')
    return (['gap', 'gradientNorm'] as const).flatMap((metric) =>
      curve[metric].map(([round, value]) => ({
        place: `${metric} of ${nameOf(curve)}, round ${round}`,
        distance: Math.abs(value - at(plain[metric], round)),
      })),
    )
  })
  const worst = Math.max(...compared.map(({ distance }) => distance))
  return exact(
    `with H = 1 all three are the same: gap and gradient norm agree to ${number(ROUNDING)}`,
    compared
      .filter(({ distance }) => !(distance <= ROUNDING))
      .map(({ place, distance }) => `${place}: ${number(distance)} apart`),
    `${compared.length} numbers, the largest difference ${number(worst)}.`,
  )
}
