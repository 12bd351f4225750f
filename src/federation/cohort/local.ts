/** A cohort of agents that live in this process. */
import type { Learner } from '../../agent/learner.ts'
import type { Cohort } from '../cohort.ts'

/** A cohort whose agents' states can be looked at. */
export interface LocalCohort<State, Task, Update> extends Cohort<Task, Update> {
  /** what `agent`, counted from 0, knows after its last Task */
  state(agent: number): State
}

/** Agents 0 .. K-1, one learner each; every agent's state is kept from Task to Task. */
export function localCohort<State, Task, Update>(
  learners: readonly Learner<State, Task, Update>[],
): LocalCohort<State, Task, Update> {
  const states = learners.map((learner) => learner.init())
  return {
    state(agent) {
      if (!(agent in states))
        throw new RangeError(`localCohort: expected an agent below ${states.length}, got ${agent}`)
      return states[agent] as State
    },
    work(task) {
      const updates = learners.map((learner, agent) => {
        const done = learner.apply(states[agent] as State, task)
        states[agent] = done.state
        return done.update
      })
      return Promise.resolve(updates)
    },
  }
}
