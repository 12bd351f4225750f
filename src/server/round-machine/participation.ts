/** Who has to take part in a phase, and when it closes. */

/** When a phase opens and closes, and what becomes of an Update that comes after that. */
export interface Participation {
  /** a phase opens when so many agents are there, and closes with at least so many Updates, in [1, K]; K by default */
  readonly minimum: number
  /** a phase closes when so many have answered, in [minimum, K]; null, the default: no such number */
  readonly target: number | null
  /** a phase closes when this share of the agents asked has answered, in (0, 1]; 1 by default */
  readonly fraction: number
  /** a phase closes so long after it opened, with those that have answered; null, the default: it waits for them, seconds */
  readonly deadlineSeconds: number | null
  /** drop it, the default, or fold it in the next round as the answer of an agent that gives none itself */
  readonly late: 'drop' | 'foldNextRound'
}

/** Rounding of fraction * agents must not ask for one agent more. */
const SLACK = 1e-9

/**
 * The settings with what is not given at its default.
 * @param agents K
 * @throws RangeError naming the setting, what was expected and what came
 */
export function participationOf(given: Partial<Participation>, agents: number): Participation {
  const settings: Participation = {
    minimum: agents,
    target: null,
    fraction: 1,
    deadlineSeconds: null,
    late: 'drop',
    ...given,
  }
  const { minimum, target, fraction, deadlineSeconds } = settings
  const expect = (name: keyof Participation, expected: string, holds: boolean): void => {
    if (!holds) throw new RangeError(`participation.${name}: expected ${expected}, got ${settings[name]}`)
  }
  const isCount = (value: number, least: number): boolean =>
    Number.isSafeInteger(value) && value >= least && value <= agents
  expect('minimum', `an integer in [1, ${agents}]`, isCount(minimum, 1))
  expect(
    'target',
    `an integer in [${minimum}, ${agents}], ${minimum} being the minimum`,
    target === null || isCount(target, minimum),
  )
  expect('fraction', 'a number in (0, 1]', fraction > 0 && fraction <= 1)
  expect(
    'deadlineSeconds',
    'a number > 0',
    deadlineSeconds === null || (deadlineSeconds > 0 && deadlineSeconds < Infinity),
  )
  return settings
}

/** How many answers close a phase for which `asked` agents have been asked, those that have answered included. */
export const enough = ({ target, fraction }: Participation, asked: number): number =>
  Math.min(target ?? Infinity, Math.ceil(fraction * asked - SLACK))
