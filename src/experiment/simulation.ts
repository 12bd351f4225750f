/** What carrying out one (variant, seed) takes and gives. */
import type { Built } from '../mdp/mdp.ts'
import type { Log } from '../mdp/log.ts'
import type { PolicySet } from '../mdp/policy.ts'
import type { Row } from '../metrics/row.ts'
import type { Rows } from './row-columns.ts'

/** The problem of one (variant, seed), built: what agents act in, and the truth where it is known. */
export interface Problem {
  readonly states: number
  readonly actions: number
  readonly discount: number
  /** [low, high] of a single reward: bounds the initial tables */
  readonly rewardRange: readonly [number, number]
  /** the model, where one is known */
  readonly model: Built | null
  /** how the experience comes about */
  readonly experience:
    | { readonly kind: 'behavior'; readonly behaviors: PolicySet }
    | { readonly kind: 'logs'; readonly logs: readonly Log[] }
    /** the agents have it, and nobody else */
    | { readonly kind: 'own' }
}

/** The outcome of one (variant, seed) of Q-learning. @typeParam R one by one, or in columns */
export interface Finished<R extends Rows = readonly Row[]> {
  readonly rows: R
  /** row-major; shape [S, A], or [K, S, A] for independent learners */
  readonly q: Float64Array
  readonly shape: readonly number[]
  /** plain sentences on what a reader must know of this run, e.g. that the last round was shorter */
  readonly notes: readonly string[]
  /** agent-steps carried out, all agents together */
  readonly agentSteps: number
  /** CPU time that the kernel took: this trial's share where several ran together */
  readonly kernelCpuSeconds: number
}
