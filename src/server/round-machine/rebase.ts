/**
 * What a late Update is worth in the next round: old task's value + change - current value, on the entries of the Update. So the agent's
 * local result counts unchanged, seen from the table or parameters that the others started from.
 */
import { PG_PHASES } from '../../protocol/pg-contract.ts'
import type { PgContract, PgPhase } from '../../protocol/pg-contract.ts'
import type { PgTask, PgUpdate } from '../../protocol/pg-messages.ts'
import type { QTask, QUpdate } from '../../protocol/q-messages.ts'

/** A late Update of Q-learning, entry by entry; null where it took more steps than the round it would be folded in. */
export function rebaseQ(update: QUpdate, from: QTask, to: QTask): QUpdate | null {
  if (from.steps > to.steps) return null
  const { entries, changes } = update
  const moved = changes.map((change, i) => {
    const entry = entries === null ? i : (entries[i] as number)
    return (from.table[entry] as number) + change - (to.table[entry] as number)
  })
  return { ...update, round: to.round, changes: moved }
}

/**
 * A late Update of policy gradients, the whole vector; with clusters, seen from the parameters of the one that the agent joined. Null where
 * the vector is no change of the parameters.
 */
export function rebasePg(
  contract: PgContract,
): (update: PgUpdate, from: PgTask, to: PgTask) => PgUpdate | null {
  const phases: readonly PgPhase[] = PG_PHASES[contract.algorithm]
  return (update, from, to) => {
    if (from.theta === null || to.theta === null || phases[update.phase]?.update !== 'change') return null
    const [before, now] = [from.theta, to.theta]
    const offset = (update.cluster ?? 0) * contract.shared
    const vector = update.vector.map(
      (change, i) => (before[offset + i] as number) + change - (now[offset + i] as number),
    )
    return { ...update, round: to.round, vector }
  }
}
