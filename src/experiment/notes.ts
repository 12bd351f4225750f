/** What a reader must know of a run beside its numbers. */
import { isPolicyAveraging } from '../algorithm/policy-averaging.ts'
import type { AlgorithmSpec } from './experiment.ts'
import { counted } from './report/words.ts'
import type { PgSettings } from './policy-gradient/spec.ts'
import type { Problem } from './simulation.ts'

/** Plain sentences: a shorter last round, what updates give away, what cannot be compared. */
export function notesOf(algorithm: AlgorithmSpec, problem: Problem): string[] {
  if (algorithm.name === 'q-learning') return []
  const { steps, syncPeriod } = algorithm
  const notes: string[] = []
  const rest = steps % syncPeriod
  if (rest !== 0) {
    notes.push(
      `The last round has ${counted(rest, 'step')}: ${steps} steps are no multiple of the sync period ${syncPeriod}.`,
    )
  }
  if (syncPeriod === 1 && algorithm.name === 'fed-asyn-q') {
    notes.push(
      'With a sync period of 1 every update tells the one state and action it changed: what an agent did can be read from it.',
    )
  }
  if (problem.experience.kind !== 'behavior' && problem.model === null) {
    notes.push('No model is known: nothing here is compared with the truth.')
  }
  return notes
}

/** Plain sentences on policy gradients: what Updates give away, and metrics that mean something else here. */
export function pgNotesOf({ algorithm, evaluate }: PgSettings): string[] {
  const { name, policy, gradient, localSteps, personalize } = algorithm
  const notes: string[] = []
  if (name !== 'local' && name !== 'central') {
    const tells = (localSteps === 1 && !isPolicyAveraging(name)) || name === 'fast-fedpg'
    const stateful = policy === 'softmax' || ('linear' in policy && policy.linear === 'one-hot')
    if (gradient === 'exact' && tells && policy === 'softmax')
      notes.push(
        "An Update here holds the exact gradient of one agent: who knows the dynamics can work out the agent's advantages, and so its rewards up to what leaves them unchanged.",
      )
    if (gradient !== 'exact' && stateful)
      notes.push(
        'A sampled gradient is 0 for states that the agent did not visit: which states it visited can be read from its Updates, at least in part.',
      )
    if (gradient !== 'exact' && gradient.rollouts === 1 && tells)
      notes.push(
        'With one rollout a gradient tells of a single trajectory: what an agent did can be read from it.',
      )
    if (name === 'ifca') notes.push('An Update of ifca names the cluster that the agent joined.')
  }
  const ownPolicies =
    name === 'local' || name === 'ifca' || (typeof policy === 'object' && 'mlp' in policy && policy.ownHead)
  if (ownPolicies && evaluate.metrics.includes('gap'))
    notes.push(
      'Agents use policies of their own here, and gap compares them with the best common one: it can be negative.',
    )
  if (personalize !== undefined)
    notes.push(
      `The model personal holds the parameters of each agent after ${counted(personalize.steps, 'own step')} from the last common ones.`,
    )
  return notes
}
