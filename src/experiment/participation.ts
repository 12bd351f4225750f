/** The section `participation` of an experiment file: when rounds of a federation open and close. A simulation lets everybody take part. */
import type { Issue } from '../numeric/result.ts'
import type { Participation } from '../server/round-machine/participation.ts'
import { integer, mapping, real, word } from './expect.ts'
import { fault } from './issues.ts'

const MOST_AGENTS = 4294967295
/** Alarms of JavaScript ring at once where they are set for more than 24 days. */
const LONGEST_DEADLINE = 1_000_000

/** The shape of the section. */
export const participationSchema = mapping(
  {
    minimum: integer(
      1,
      MOST_AGENTS,
      'A phase opens when so many agents are there, and closes with no fewer Updates, default all agents.',
    ).exactOptional(),
    target: integer(
      1,
      MOST_AGENTS,
      'A phase closes when so many agents have answered; at least minimum.',
    ).exactOptional(),
    fraction: real(
      { above: 0, to: 1 },
      'A phase closes when this share of the agents asked has answered, rounded up, and no fewer than minimum, default 1.',
    ).exactOptional(),
    deadlineSeconds: real(
      { above: 0, to: LONGEST_DEADLINE },
      'A phase closes so long after it opened, with those that have answered, if they are minimum.',
    ).exactOptional(),
    late: word(
      ['drop', 'foldNextRound'],
      'What becomes of an Update that comes when its phase has closed, default drop.',
    ).exactOptional(),
  },
  'Of a federation: when its rounds open and close. A simulation lets everybody take part in every round.',
)

/** What a file says of participation. */
export type GivenParticipation = Partial<Participation>

/** Settings that matter only where a phase may close without somebody, at what is not their default. */
const idleSetting = (
  { target, fraction = 1, late = 'drop' }: GivenParticipation,
  agents: number,
): string | null => {
  if (typeof target === 'number' && target < agents) return 'target'
  if (fraction < 1) return 'fraction'
  return late === 'drop' ? null : 'late'
}

/**
 * What is wrong with the section, beside its shape.
 * @param sizes K of each variant
 */
export function participationIssues(
  given: GivenParticipation | undefined,
  sizes: readonly number[],
): Issue[] {
  if (given === undefined) return []
  const most = Math.min(...sizes)
  const { minimum = most, target } = given
  if (minimum > most)
    return [fault('participation.minimum', `expected at most ${most}, the number of agents, got ${minimum}`)]
  const idle = idleSetting(given, most)
  if (minimum === Math.max(...sizes) && idle !== null)
    return [
      fault(
        `participation.${idle}`,
        `would be without effect: no phase closes with fewer Updates than minimum, which is ${minimum}, all agents`,
      ),
    ]
  if (typeof target === 'number' && (target < minimum || target > most))
    return [
      fault(
        'participation.target',
        `expected an integer in [${minimum}, ${most}], from minimum to the number of agents, got ${target}`,
      ),
    ]
  return []
}
