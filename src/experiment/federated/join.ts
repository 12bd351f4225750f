/** What an agent needs to take part in an experiment that a server sends: its run, made from the experiment and from its own experience. */
import type { Invitation } from '../../federation/agent.ts'
import type { LocalRun } from '../../federation/agent-run.ts'
import { Unfit } from '../../federation/agent/unfit.ts'
import { fileName, isDataUrl } from '../data-url.ts'
import { InputError, Unreadable } from '../errors.ts'
import { agentsOf, isPolicyGradient, type Experiment, type Settings } from '../experiment.ts'
import { parseExperiment } from '../parse.ts'
import { localExperiment } from './local-experiment.ts'
import { expectNoFiles } from './no-files.ts'
import { joinPg } from './pg-agent.ts'
import { joinQ, type Brought } from './q-agent.ts'

/** What an agent brings along, by path. */
export interface OwnExperience extends Brought {
  /** the experiment's file on this machine, which names logs and modules of this machine */
  readonly file?: string
}

/** Stands for the experiment that a server sent, in messages. */
const SENT = 'the experiment of the server'

const NOTHING = new Uint8Array(0)

/** Makes the run that agents are invited to. */
export type Invitee = (invitation: Invitation) => Promise<LocalRun>

/** Makes the runs of agents; the experiment is read once. What it throws is an {@link Unfit}, also while agents work. */
export function invitee(own: OwnExperience = {}): Invitee {
  const open = opener(own)
  return async (invitation) => (await open(invitation)).run
}

/** What an invitation opens: the run, and the settings of its variant. */
export interface Opened {
  readonly run: LocalRun
  readonly settings: Settings
}

/** As {@link invitee}, with the settings beside the run. */
export function opener(own: OwnExperience): (invitation: Invitation) => Promise<Opened> {
  let read: { readonly bytes: Uint8Array; readonly text: string; readonly experiment: Promise<Experiment> } | null = null // prettier-ignore
  const experimentIn = (bytes: Uint8Array): Promise<Experiment> => {
    if (read?.bytes === bytes) return read.experiment
    const text = new TextDecoder().decode(bytes)
    // what came over another connection is the same text, and what agents share is found by the same object
    const experiment = read?.text === text ? read.experiment : experimentOf(text, own.file)
    read = { bytes, text, experiment }
    return experiment
  }
  return async (invitation) => {
    try {
      const experiment = await experimentIn(invitation.experiment ?? NOTHING)
      const { settings, folder } = invitedTo(experiment, invitation)
      const { seed, agent } = invitation
      const source = { seed, agent, folder, brought: own }
      const run = isPolicyGradient(settings)
        ? await joinPg({ ...source, settings })
        : await joinQ({ ...source, settings })
      // what a program of the agent's own does the second time is not known
      return { run: { ...watchedRun(run), isRepeatable: own.module === undefined }, settings }
    } catch (error) {
      throw unfit(error)
    }
  }
}

/** The experiment in a text, or the same one from this machine's file. */
async function experimentOf(text: string, file: string | undefined): Promise<Experiment> {
  if (file !== undefined) return localExperiment(text, file)
  const parsed = parseExperiment(text, { folder: '/', yes: true })
  if (!parsed.ok) throw new InputError(SENT, parsed.issues)
  expectNoFiles(parsed.value, SENT)
  return parsed.value
}

/** The variant that an agent is invited to. */
function invitedTo(
  { variants, folder }: Experiment,
  { variant, agents }: Invitation,
): { readonly settings: Settings; readonly folder: string } {
  const settings = variants[variant]?.settings
  if (settings === undefined)
    throw new InputError(SENT, `expected a variant below ${variants.length}, got ${variant}`)
  const count = agentsOf(settings)
  if (count !== agents)
    throw new InputError(SENT, `expected ${count} agents, as it says, got ${agents} from the server`)
  return { settings, folder }
}

/** The run, whose failures are told as those of what the agent brought. */
const watchedRun = (run: LocalRun): LocalRun => ({
  ...run,
  work(state, frame) {
    try {
      return run.work(state, frame)
    } catch (error) {
      throw unfit(error)
    }
  },
})

/** What is wrong, for the agent's user and for the server. What is no fault of the user's is thrown on. */
function unfit(error: unknown): unknown {
  if (!(error instanceof InputError)) return error
  const { file, issues } = error
  const named = isDataUrl(file) ? new InputError(`${fileName(file)} of the server`, issues) : error
  return new Unfit(toldOf(error), named)
}

/** What the server is told: which key and which line is at fault, and neither values nor where files lie. */
function toldOf(error: InputError): string {
  const { file, issues } = error
  const [first] = issues
  if (file === SENT || isDataUrl(file)) return `the agent cannot read the experiment: ${first?.message ?? ''}`
  if (file.startsWith('--')) return `${file}: ${first?.message ?? ''}`
  if (error instanceof Unreadable) return 'a file that the agent needs cannot be read where it is'
  const place = first?.line === undefined ? '' : ` in line ${first.line}`
  const key = first?.path.filter((part) => /^[A-Za-z_]+$/.test(String(part))).join('.') ?? ''
  return `what the agent learns from does not fit the experiment${place}${key === '' ? '' : `: ${key}`}`
}
