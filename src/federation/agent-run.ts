/** One run, (variant, seed), at an agent: its learner with bytes on its outside, so that what an algorithm's messages are is hidden. */
import type { Learner } from '../agent/learner.ts'
import type { Result } from '../numeric/result.ts'

/** What work on a Task gives: the state after it and the Update as a frame; or why the Task makes no sense. */
export type Worked = Result<{ readonly state: unknown; readonly frame: Uint8Array }>

/** What an agent does in a run. Its state is plain data. */
export interface AgentRun {
  /** phases of a round */
  readonly phases: number
  /** whether the same work gives the same Update again; where not, every Update is on disk before it is sent */
  readonly isRepeatable: boolean
  /** the state before the first Task */
  init(): unknown
  /** works on the Task in `frame`, elsewhere where it takes long. The state is not changed */
  work(state: unknown, frame: Uint8Array): Worked | Promise<Worked>
}

/** A run whose work is done at once. */
export interface LocalRun extends AgentRun {
  work(state: unknown, frame: Uint8Array): Worked
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
}: AgentRunParts<State, Task, Update>): LocalRun {
  return {
    phases,
    isRepeatable: true,
    init: () => learner.init(),
    work(state, frame) {
      const task = decodeTask(frame)
      if (!task.ok) return task
      const done = learner.apply(state as State, task.value)
      return { ok: true, value: { state: done.state, frame: encodeUpdate(done.update) } }
    },
  }
}
