/** What an agent needs to take part in an experiment that a server sends: its run, made from the experiment and from its own experience. */
import type { Invitation } from '../../federation/agent.ts'
import type { AgentRun } from '../../federation/agent-run.ts'
import { InputError } from '../errors.ts'
import { isPolicyGradient, type Experiment } from '../experiment.ts'
import { parseExperiment } from '../parse.ts'
import { joinPg } from './pg.ts'
import { joinQ } from './q.ts'

/** Where the experience of an agent comes from, in place of what the experiment says. */
export interface OwnExperience {
  /** path of a log */
  readonly log?: string
}

/** Stands for the experiment that a server sent, in messages. */
const SENT = 'the experiment of the server'

/** Makes the runs of agents; the experiment is read once. */
export function invitee({ log }: OwnExperience = {}): (invitation: Invitation) => Promise<AgentRun> {
  let read: { readonly text: string; readonly experiment: Experiment } | null = null
  const experimentIn = (bytes: Uint8Array): Experiment => {
    const text = new TextDecoder().decode(bytes)
    if (read?.text === text) return read.experiment
    const parsed = parseExperiment(text, { folder: '/', yes: true })
    if (!parsed.ok) throw new InputError(SENT, parsed.issues)
    read = { text, experiment: parsed.value }
    return parsed.value
  }
  return async ({ experiment: bytes, variant, seed, agent }) => {
    if (bytes === null) throw new InputError(SENT, 'expected an experiment, got none')
    const { variants, folder } = experimentIn(bytes)
    const settings = variants[variant]?.settings
    if (settings === undefined)
      throw new InputError(SENT, `expected a variant below ${variants.length}, got ${variant}`)
    if (log === undefined)
      return isPolicyGradient(settings)
        ? joinPg({ settings, seed, agent, folder })
        : joinQ({ settings, seed, agent, folder })
    if (isPolicyGradient(settings) || !('logs' in settings.agents))
      throw new InputError(
        '--logs',
        `the agents of this experiment learn from ${isPolicyGradient(settings) ? 'their environment' : 'acting in the model'}, and not from logs`,
      )
    return joinQ({ settings, seed, agent, folder, log })
  }
}
