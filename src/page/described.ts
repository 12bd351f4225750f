/** What the experiment that a server sent says of itself, for people. */
import type { Experiment, Settings } from '../experiment/experiment.ts'
import { parseExperiment } from '../experiment/parse.ts'
import type { RunKey } from '../federation/served-run.ts'
import type { Status } from './status.ts'

/** What is told of the run with this key; null where the text is no experiment, which shows elsewhere. */
export function described(
  text: string,
  { variant, seed }: RunKey,
): Pick<Status, 'experiment' | 'runs' | 'run' | 'rounds' | 'warning'> | null {
  const parsed = parseExperiment(text, { folder: '/', yes: true })
  if (!parsed.ok) return null
  const { name, variants, seeds }: Experiment = parsed.value
  const settings = variants[variant]?.settings
  return {
    experiment: name,
    runs: variants.length * seeds.length,
    run: variant * seeds.length + seeds.indexOf(seed) + 1,
    rounds: settings === undefined ? 0 : roundsOf(settings),
    warning: settings === undefined ? '' : warningOf(settings),
  }
}

function roundsOf({ algorithm }: Settings): number {
  if ('rounds' in algorithm) return algorithm.rounds
  return 'syncPeriod' in algorithm ? Math.ceil(algorithm.steps / algorithm.syncPeriod) : 1
}

/** An Update of one step of an agent's own tells that step. */
function warningOf({ algorithm }: Settings): string {
  const isSingle = algorithm.name === 'fed-asyn-q' && algorithm.syncPeriod === 1
  return isSingle
    ? 'A round of this experiment is a single step: what is sent tells which state and action it was, and lets the server work out its reward.'
    : ''
}
