/** What a reader must know of a run beside its numbers. */
import type { AlgorithmSpec } from './experiment.ts'
import { counted } from './report/words.ts'
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
  if (problem.experience.kind === 'logs' && problem.model === null) {
    notes.push('No model is known: nothing here is compared with the truth.')
  }
  return notes
}
