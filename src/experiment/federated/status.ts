/** What `/status` tells of a federation: the snapshot of its server, and where in the experiment it stands. Pure. */
import type { ServerSnapshot } from '../../federation/server/snapshot.ts'
import { PROTOCOL_VERSIONS } from '../../protocol/session-rules.ts'
import type { Participation } from '../../server/round-machine/participation.ts'
import type { Experiment } from '../experiment.ts'
import { roundsOf } from '../trial.ts'
import { version } from '../version.ts'
import { identityOf } from './identity.ts'

/** How a federation stands. */
export interface FederationStatus extends Omit<ServerSnapshot, 'variant'> {
  /** version of fedrl on the server */
  readonly fedrl: string
  /** highest version of the protocol that it speaks */
  readonly protocol: number
  /** of the experiment */
  readonly name: string
  /** SHA-256 of the resolved experiment */
  readonly run: string
  /** name */
  readonly variant: string
  /** of the run under way */
  readonly rounds: number
  /** the how-manieth run of the experiment is under way, from 1, and how many there are */
  readonly runOf: { readonly number: number; readonly of: number }
  /** complete, defaults filled in */
  readonly participation: Participation
}

/** Makes the status of an experiment from snapshots of its server. @param participation defaults filled in */
export function statusOfExperiment(
  experiment: Experiment,
  participation: Participation,
): (snapshot: ServerSnapshot) => FederationStatus {
  const { name, variants, seeds } = experiment
  const { run } = identityOf(experiment)
  return ({ variant: index, ...snapshot }) => {
    const variant = variants[index]
    return {
      fedrl: version,
      protocol: PROTOCOL_VERSIONS.highest,
      name,
      run,
      variant: variant?.name ?? '',
      rounds: variant === undefined ? 0 : roundsOf(variant.settings),
      runOf: {
        number: index * seeds.length + seeds.indexOf(snapshot.seed) + 1,
        of: variants.length * seeds.length,
      },
      participation,
      ...snapshot,
    }
  }
}

/** The same for people who need not know who takes part: agents by index, no addresses, and no text that agents could have chosen. */
export const withoutNames = (status: FederationStatus): FederationStatus => ({
  ...status,
  turnedAway: { count: status.turnedAway.count, recent: [] },
  agents: status.agents.map((one) => ({ ...one, name: `agent ${one.agent}`, refusal: null })),
})
