/** One run, (variant, seed), at an agent: its learner with bytes on its outside, so that what an algorithm's messages are is hidden. */
import type { Learner } from '../agent/learner.ts'
import type { Result } from '../numeric/result.ts'

/** What an agent does in a run. Its state is plain data. */
export interface AgentRun {
  /** phases of a round */
  readonly phases: number
  /** the state before the first Task */
  init(): unknown
  /** works on the Task in `frame`; gives the state after it and the Update as a frame. The state is not changed */
  work(state: unknown, frame: Uint8Array): Result<{ readonly state: unknown; readonly frame: Uint8Array }>
}

/** What an {@link AgentRun} is made of. */
export interface AgentRunParts<State, Task, Update> {
  readonly phases: number
  readonly learner: Learner<State, Task, Update>
  /** reads a Task and holds it against the contract of the run */
  decodeTask(frame: Uint8Array): Result<Task>
  encodeUpdate(update: Update): Uint8Array
}

/** The run of a learner. */
export function agentRun<State, Task, Update>({
  phases,
  learner,
  decodeTask,
  encodeUpdate,
}: AgentRunParts<State, Task, Update>): AgentRun {
  return {
    phases,
    init: () => learner.init(),
    work(state, frame) {
      const task = decodeTask(frame)
      if (!task.ok) return task
      const done = learner.apply(state as State, task.value)
      return { ok: true, value: { state: done.state, frame: encodeUpdate(done.update) } }
    },
  }
}
