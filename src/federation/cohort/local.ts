/** A cohort of agents that live in this process. */
import type { Learner } from '../../agent/learner.ts'
import type { Cohort } from '../cohort.ts'

/** Agents 0 .. K-1, one learner each; every agent's state is kept from Task to Task. */
export function localCohort<State, Task, Update>(
  learners: readonly Learner<State, Task, Update>[],
): Cohort<Task, Update> {
  const states = learners.map((learner) => learner.init())
  return {
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
