/** The one loop that closes the system: Task out, Updates back, fold, until the server rule has no more to ask. */
import type { ServerRule } from '../server/rule.ts'
import type { Cohort } from './cohort.ts'

/**
 * Runs a federation to its end.
 * @param onRound told the state after every round
 * @returns the server's last state
 */
export async function federate<State, Task, Update>(
  rule: ServerRule<State, Task, Update>,
  cohort: Cohort<Task, Update>,
  onRound: (state: State) => void = () => {},
): Promise<State> {
  let state = rule.init()
  for (let task = rule.task(state); task !== null; task = rule.task(state)) {
    state = rule.fold(state, await cohort.work(task))
    onRound(state)
  }
  return state
}
