/** What names an experiment to the agents of a federation. */
import type { Experiment } from '../experiment.ts'
import { experimentText } from '../manifest.ts'
import { sha256 } from '../trial.ts'

/** What agents hear of the experiment: its SHA-256, 64 hexadecimal digits, and the resolved text that it is of, UTF-8. */
export function identityOf(experiment: Experiment): {
  readonly run: string
  readonly experiment: Uint8Array
} {
  const text = experimentText(experiment)
  return { run: sha256(text), experiment: new TextEncoder().encode(text) }
}
