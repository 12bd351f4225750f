/** The server of independent learners: one round without averaging, after which it holds every agent's own table. */
import type { QContract } from '../protocol/q-contract.ts'
import type { QTask, QUpdate } from '../protocol/q-messages.ts'
import type { ServerRule } from './rule.ts'

/** [K * S * A] the tables once they have come, else null. */
export interface CollectState {
  readonly tables: Float64Array | null
}

/** The server rule of `q-learning`. */
export function collect({ states, actions, steps }: QContract): ServerRule<CollectState, QTask, QUpdate> {
  const entries = states * actions
  return {
    init: () => ({ tables: null }),
    task: ({ tables }) =>
      tables === null ? { round: 0, step: 0, steps, table: new Float64Array(entries) } : null,
    fold(_, updates) {
      const tables = new Float64Array(updates.length * entries)
      updates.forEach(({ changes }, i) => tables.set(changes, i * entries))
      return { tables }
    },
  }
}
