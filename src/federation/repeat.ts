/** A run that was carried out, once more: from its record, with its agents made again in this process. Same Updates, same bytes. */
import { encodeFrame } from '../protocol/frame.ts'
import { reasonOf } from '../protocol/session-codec.ts'
import { replay } from '../server/round-machine/replay.ts'
import type { ServerRule } from '../server/rule.ts'
import type { AgentRun } from './agent-run.ts'
import type { CarriedOut } from './server.ts'
import type { Measure, RecordLine, ServedRun } from './served-run.ts'

/**
 * Repeats a run.
 * @param record every phase that closed, oldest first
 * @param agentOf an agent of the run, in its first state
 * @throws Misfit where the record does not fit the run; what agents throw
 */
export async function repeatRun<State, Task, Update>(
  run: ServedRun<State, Task, Update>,
  record: readonly RecordLine[],
  agentOf: (agent: number) => Promise<AgentRun>,
): Promise<CarriedOut<State>> {
  const measured: RecordLine[] = []
  const updateOf = workers(run, agentOf)
  const state = await replay(measuring(run, record, measured), record, {
    ...(run.settings.rebase !== undefined && { rebase: run.settings.rebase }),
    async updatesOf(task, asked) {
      const frame = encodeFrame(run.taskFrame(task))
      const updates: Update[] = []
      for (const agent of asked) updates.push(await updateOf(frame, agent))
      return updates
    },
  })
  return { state, measured }
}

/** The rule of the run, which measures after each phase: lines with numbers are put into `measured`. */
function measuring<State, Task, Update>(
  run: ServedRun<State, Task, Update>,
  record: readonly RecordLine[],
  measured: RecordLine[],
): ServerRule<State, Task, Update> {
  let closed = 0
  return {
    ...run.rule,
    fold(state, updates) {
      const next = run.rule.fold(state, updates)
      const values = run.measure(next)
      const line = record[closed++] as RecordLine
      if (values.length > 0) measured.push({ ...line, measured: values })
      return next
    },
  }
}

/** The agents, each made when it is first asked; gives what one of them answers to a Task. */
function workers<Update>(
  { decodeUpdate }: Pick<ServedRun<never, never, Update>, 'decodeUpdate'>,
  agentOf: (agent: number) => Promise<AgentRun>,
): (frame: Uint8Array, agent: number) => Promise<Update> {
  const agents = new Map<number, { readonly run: AgentRun; state: unknown }>()
  const begun = async (agent: number) => {
    const run = await agentOf(agent)
    const known = { run, state: run.init() }
    agents.set(agent, known)
    return known
  }
  return async (frame, agent) => {
    const known = agents.get(agent) ?? (await begun(agent))
    const done = await known.run.work(known.state, frame)
    if (!done.ok) throw new Error(`agent ${agent}: ${reasonOf(done.issues)}`)
    known.state = done.value.state
    const update = decodeUpdate(done.value.frame)
    if (!update.ok) throw new Error(`agent ${agent}: ${reasonOf(update.issues)}`)
    return update.value
  }
}

/** The first phase whose measured numbers differ, null where none does. */
export function firstDifference(
  record: readonly RecordLine[],
  again: readonly RecordLine[],
): RecordLine | null {
  const measured = record.filter((line) => line.measured.length > 0)
  return measured.find((line, i) => !sameMeasures(line.measured, again[i]?.measured ?? [])) ?? null
}

const sameMeasures = (one: readonly Measure[], other: readonly Measure[]): boolean =>
  one.length === other.length &&
  one.every(([metric, value], i) => metric === other[i]?.[0] && Object.is(value, other[i]?.[1]))
