/**
 * The parameter server of federated Q-learning: averages the changes of a round, equally or by importance.
 * Woo, Joshi, Chi 2025, eq. (13), (24), (25), (27).
 */
import { accumulators, finishRound, foldAll, foldEntry, powers, type Accumulators } from '../numeric/fold.ts'
import { initialTable } from '../numeric/initial-table.ts'
import { stepSizeAt } from '../numeric/step-size.ts'
import { NOBODY } from '../numeric/stream.ts'
import type { QContract } from '../protocol/q-contract.ts'
import type { QTask, QUpdate } from '../protocol/q-messages.ts'
import type { ServerRule } from './rule.ts'

/** What the server knows between two rounds. */
export interface QServerState {
  /** averagings done */
  readonly round: number
  /** steps per agent done */
  readonly step: number
  /** [S * A] */
  readonly table: Float64Array
}

/** The server rule of `fed-asyn-q` and `fed-syn-q`. */
export function federatedQ(contract: QContract): ServerRule<QServerState, QTask, QUpdate> {
  // made once: to make them takes longer than to fold a small table
  const powersOf = memoized()
  let scratch: Accumulators | null = null
  const stepsOf = (step: number): number => Math.min(contract.syncPeriod, contract.steps - step)
  return {
    init: () => ({ round: 0, step: 0, table: initialTable(contract, NOBODY) }),
    task: ({ round, step, table }) =>
      step < contract.steps ? { round, step, steps: stepsOf(step), table } : null,
    fold({ round, step, table }, updates) {
      const steps = stepsOf(step)
      const power = powersOf(
        contract.averaging === 'equal' ? 1 : 1 - stepSizeAt(contract.stepSize, step, contract.discount),
        steps,
      )
      const into = (scratch ??= accumulators(table.length))
      for (const { entries, changes, visits } of updates) {
        if (entries === null && visits === null) {
          foldAll(into, power, changes)
          continue
        }
        for (let i = 0; i < changes.length; i++) {
          foldEntry(
            into,
            power,
            entries === null ? i : (entries[i] as number),
            changes[i] as number,
            visits === null ? 0 : (visits[i] as number),
          )
        }
      }
      const folded = table.slice()
      finishRound(into, power, updates.length, folded)
      return { round: round + 1, step: step + steps, table: folded }
    },
  }
}

/** Powers that remember the last that were asked for: with a constant step size they are the same in every round. */
function memoized(): typeof powers {
  let last = { base: NaN, most: -1, power: powers(1, 0) }
  return (base, most) => {
    if (last.base !== base || last.most !== most) last = { base, most, power: powers(base, most) }
    return last.power
  }
}
