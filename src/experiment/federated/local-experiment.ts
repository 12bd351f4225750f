/** The experiment of a server from a file of the agent's own machine, where logs and modules are named that the server does not send. */
import { InputError } from '../errors.ts'
import type { Experiment } from '../experiment.ts'
import { loadExperiment } from '../load.ts'
import { experimentText } from '../manifest.ts'
import { sentExperiment } from './sent.ts'

/**
 * The experiment in `file`.
 * @param text what the server sent
 * @throws InputError where the file holds another experiment
 */
export async function localExperiment(text: string, file: string): Promise<Experiment> {
  const local = await loadExperiment(file, { yes: true })
  if (experimentText(await sentExperiment(local)) === text) return local
  throw new InputError(
    file,
    'expected the experiment that the server carries out, got another: they differ beyond the logs and modules that agents bring',
  )
}
