/** A cohort that is watched while it works: what agents draw is counted, and what they send is looked at before the server sees it. */
import type { GradientOracle } from '../../agent/gradient-oracle.ts'
import type { Cohort } from '../../federation/cohort.ts'
import { diverged } from '../../numeric/vector.ts'
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
 * @throws Diverged from `work` when an Update is not finite or moves a parameter by more than 1e8
 */
export const watched = (
  cohort: Cohort<PgTask, PgUpdate>,
  hear: (task: PgTask, updates: readonly PgUpdate[]) => Promise<void>,
): Cohort<PgTask, PgUpdate> => ({
  async work(task) {
    const updates = await cohort.work(task)
    const bad = updates.find(
      ({ vector, control }) => diverged(vector) || (control !== null && diverged(control)),
    )
    if (bad !== undefined) throw new Diverged(task.round + 1, bad.agent)
    await hear(task, updates)
    return updates
  },
})

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

/** Root mean square distance of equally long vectors from their mean. */
export function spread(vectors: readonly Float64Array[]): number {
  const [first] = vectors
  if (first === undefined) return 0
  let total = 0
  for (let j = 0; j < first.length; j++) {
    const mean = vectors.reduce((sum, vector) => sum + (vector[j] as number), 0) / vectors.length
    total += vectors.reduce(
      (sum, vector) => sum + ((vector[j] as number) - mean) * ((vector[j] as number) - mean),
      0,
    )
  }
  return Math.sqrt(total / vectors.length)
}
