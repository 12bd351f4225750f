/** The numbers beside those of an independent computation of the same problem. */
import { briefIf, exact, number, yAt } from '../../src/experiment/claim.ts'
import type { Published, TableRow, Verdict } from '../../src/experiment/claim.ts'
import { at, nameOf, ROUNDS, type Curve } from './curves.ts'

/** Two programs that compute the same differ by rounding only: by this part of the gap, or by this much of a gap that is rounding itself. */
const RELATIVE = 1e-9
const ABSOLUTE = 1e-12

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

/** Every number of the other agrees with ours. Throws RangeError where the other has a setting that was not measured. */
export function agreeWithTable(curves: readonly Curve[], { replication }: Published): Verdict {
  const compared = Object.entries(replication?.series ?? {}).flatMap(([name, points]) => {
    const curve = curves.find((one) => nameOf(one) === name)
    if (curve === undefined) throw new RangeError(`zhu-bias: not measured: ${name}`)
    return points.map(([round, other]) => {
      const ours = at(curve.gap, round)
      return {
        close: Math.abs(ours - other) <= Math.max(RELATIVE * other, ABSOLUTE),
        text: `${name}, round ${round}: ours ${number(ours)}, theirs ${other}`,
      }
    })
  })
  return exact(
    `the gaps agree with an independent computation of the same problem to ${RELATIVE} of their size, or to ${ABSOLUTE}`,
    compared.filter(({ close }) => !close).map(({ text }) => text),
    `all ${compared.length} numbers.`,
  )
}
