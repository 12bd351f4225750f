/** The numbers beside those of the independent computation of the same problem. */
import { briefIf, exact, halfUnit, number, pointsOf, yAt } from '../../src/experiment/claim.ts'
import type { Published, TableRow, Verdict } from '../../src/experiment/claim.ts'
import { at, nameOf, type Curve } from './curves.ts'

/** Rounds of the table. */
const ROUNDS = [50, 200, 500, 1000, 2000]
/** Smaller gaps are differences of rounded values of J: they are compared to within {@link ROUNDED}. */
const SMALL = 1e-11
const ROUNDED = 1e-12

/** The gap after {@link ROUNDS}, with the other's number where there is one. */
export function tableOf(curves: readonly Curve[], { replication }: Published): TableRow[] {
  return curves.flatMap((curve) => {
    const name = nameOf(curve)
    const others = replication?.series[name] ?? []
    return ROUNDS.filter((round) => curve.gap.some(([measured]) => measured === round)).map((round) => {
      const value = at(curve.gap, round)
      return briefIf(curve.localSteps === 10 && round === ROUNDS.at(-1), {
        quantity: `${name}, round ${round}`,
        published: yAt(others, round),
        ours: { value, low: value, high: value },
      })
    })
  })
}

/** Every number of the other agrees with ours to its digits. */
export function agreeWithTable(curves: readonly Curve[], { replication }: Published): Verdict {
  const series = replication?.series ?? {}
  const compared = curves
    .filter((curve) => Object.hasOwn(series, nameOf(curve)))
    .flatMap((curve) =>
      pointsOf(series, nameOf(curve)).map(([round, other]) => {
        const ours = at(curve.gap, round)
        const tolerance = other < SMALL ? ROUNDED : halfUnit(other)
        return {
          close: Math.abs(ours - other) <= tolerance,
          text: `${nameOf(curve)}, round ${round}: ours ${number(ours)}, theirs ${other}`,
        }
      }),
    )
  return exact(
    'the gaps agree with an independent computation of the same problem to its digits',
    compared.filter(({ close }) => !close).map(({ text }) => text),
    `all ${compared.length} numbers; those below ${SMALL} to within ${ROUNDED}.`,
  )
}
