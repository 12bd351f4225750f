/** A cohort that is watched while it works: what agents draw is counted, and what they send is looked at before the server sees it. */
import type { GradientOracle } from '../../agent/gradient-oracle.ts'
import type { Cohort } from '../../federation/cohort.ts'
import { diverged, scatter } from '../../numeric/vector.ts'
import type { PgPhase } from '../../protocol/pg-contract.ts'
import type { PgTask, PgUpdate } from '../../protocol/pg-messages.ts'

/** Parameters left every bound: the run ends here. */
export class Diverged extends Error {
  readonly round: number
  readonly agent: number | null
  readonly ownStepSize: number | null

  /**
   * @param round counted from 1
   * @param agent counted from 0, null at the server
   * @param ownStepSize step size of the agent's own steps after the round, null where it diverged in the round itself
   */
  constructor(round: number, agent: number | null, ownStepSize: number | null = null) {
    super(`diverged in round ${round} at ${agent === null ? 'the server' : `agent ${agent}`}`)
    this.round = round
    this.agent = agent
    this.ownStepSize = ownStepSize
  }
}

/**
 * The cohort, which also tells every Task and its Updates to `hear`.
 * @param phases of a round: gradients may be as large as the rewards make them, changes of parameters may not
 * @throws Diverged from `work` when an Update is not finite or moves a parameter by more than 1e8
 */
export const watched = (
  cohort: Cohort<PgTask, PgUpdate>,
  phases: readonly PgPhase[],
  hear: (task: PgTask, updates: readonly PgUpdate[]) => Promise<void>,
): Cohort<PgTask, PgUpdate> => ({
  async work(task) {
    const updates = await cohort.work(task)
    const bad = strayUpdate(updates, phases[task.phase])
    if (bad !== undefined) throw new Diverged(task.round + 1, bad.agent)
    await hear(task, updates)
    return updates
  },
})

/** The first Update of a phase that is not finite or moves a parameter by more than 1e8; undefined where there is none. */
export function strayUpdate(updates: readonly PgUpdate[], phase: PgPhase | undefined): PgUpdate | undefined {
  const isOut = phase?.update === 'change' ? diverged : isInfinite
  return updates.find(({ vector, control }) => isOut(vector) || (control !== null && isInfinite(control)))
}

/** Whether an entry is not a finite number. */
const isInfinite = (vector: Float64Array): boolean => !vector.every(Number.isFinite)

/** The oracle, which also tells `hear` how many transitions every answer took. */
export function counted<State>(
  oracle: GradientOracle<State>,
  hear: (samples: number) => void,
): GradientOracle<State> {
  const tell = <Answer extends { readonly state: State }>(before: State, answer: Answer): Answer => {
    hear(oracle.samples(answer.state) - oracle.samples(before))
    return answer
  }
  return {
    ...oracle,
    gradient: (theta, state, into) => tell(state, oracle.gradient(theta, state, into)),
    gradients: (theta, reference, state) => tell(state, oracle.gradients(theta, reference, state)),
    value: (theta, state) => tell(state, oracle.value(theta, state)),
  }
}

/** Root mean square distance of equally long vectors from their mean; 0 where there is none. */
export const spread = (vectors: readonly Float64Array[]): number =>
  Math.sqrt(scatter(vectors) / Math.max(1, vectors.length))
