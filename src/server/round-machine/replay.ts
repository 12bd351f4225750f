/** A run repeated from the record of who took part: the same bytes, without the agents having been there. */
import type { ClosedPhase, Rebase } from '../round-machine.ts'
import type { ServerRule } from '../rule.ts'

/** What a run is repeated with. */
export interface ReplaySource<Task, Update> {
  /** the Updates of these agents for this Task, in their order, each agent going on from its last one that was asked for here */
  readonly updatesOf: (task: Task, agents: readonly number[]) => Promise<readonly Update[]>
  /** as in the machine that wrote the record; needed where late Updates were folded */
  readonly rebase?: Rebase<Task, Update>
}

/** The record is not one of this run. */
export class Misfit extends Error {
  override readonly name = 'Misfit'
}

/**
 * Folds again what the record says was folded.
 * @returns the server's state after the last phase of the record
 * @throws Misfit when the record does not fit the rule
 */
export async function replay<State, Task, Update>(
  rule: ServerRule<State, Task, Update>,
  record: Iterable<ClosedPhase>,
  source: ReplaySource<Task, Update>,
): Promise<State> {
  let [state, previous]: [State, Task | null] = [rule.init(), null]
  for (const phase of record) {
    const task = rule.task(state)
    if (task === null) throw misfit(phase, 'the rule asks for no more')
    const late = await lateUpdates(phase, previous, task, source)
    const own = phase.agents.filter((agent) => !late.has(agent))
    const answers = await source.updatesOf(task, own)
    const updates = new Map([...late, ...own.map((agent, i) => [agent, answers[i] as Update] as const)])
    state = rule.fold(
      state,
      phase.agents.map((agent) => updates.get(agent) as Update),
    )
    previous = task
  }
  return state
}

/** The late Updates of a phase as they were folded, by agent. */
async function lateUpdates<Task, Update>(
  phase: ClosedPhase,
  from: Task | null,
  to: Task,
  { updatesOf, rebase }: ReplaySource<Task, Update>,
): Promise<Map<number, Update>> {
  if (phase.late.length === 0) return new Map()
  if (from === null || rebase === undefined) throw misfit(phase, 'nothing says how late Updates are folded')
  const updates = await updatesOf(from, phase.late)
  return new Map(
    phase.late.map((agent, i) => {
      const rebased = rebase(updates[i] as Update, from, to)
      if (rebased === null) throw misfit(phase, `the late Update of agent ${agent} cannot be folded`)
      return [agent, rebased]
    }),
  )
}

const misfit = ({ round, phase }: ClosedPhase, why: string): Misfit =>
  new Misfit(`replay: round ${round}, phase ${phase}: ${why}`)
