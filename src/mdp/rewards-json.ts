/** Rewards of each agent as a file: JSON, [agent][state][action]. */
import type { Issue, Result } from '../numeric/result.ts'
import { type Issues, issues } from './issues.ts'
import { placesOf, syntaxFault } from './json-place.ts'
import { isReward, LARGEST_REWARD } from './validate.ts'

/** N, S and A that a file of rewards must have. */
export interface RewardSizes {
  readonly agents: number
  readonly states: number
  readonly actions: number
}

/**
 * The reward tables, [S * A] each, in agent order, of a JSON text of shape [N][S][A]. Issues name agent, state and action, with the line and
 * the column: other shapes, entries that are no numbers in [-1e100, 1e100], text that is no JSON.
 */
export function parseRewardsJson(text: string, sizes: RewardSizes): Result<readonly Float64Array[]> {
  const json = text.startsWith('\uFEFF') ? text.slice(1) : text
  const document = parsed(json)
  if (!document.ok) return document
  const result = rewardsOf(document.value, sizes)
  return result.ok ? result : { ok: false, issues: placed(json, result.issues) }
}

function parsed(json: string): Result<unknown> {
  try {
    return { ok: true, value: JSON.parse(json) }
  } catch (error) {
    const { message, ...place } = syntaxFault(json) ?? { message: String(error) }
    return { ok: false, issues: [{ path: [], message: `not valid JSON: ${message}`, ...place }] }
  }
}

function placed(json: string, list: readonly Issue[]): Issue[] {
  const paths = list.map((issue) => issue.path)
  const places = placesOf(json, paths)
  return list.map((issue, i) => ({ ...issue, ...places[i] }))
}

/** As {@link parseRewardsJson}, of data that have been parsed: issues have paths [agent, state, action] and no place. */
export function rewardsOf(
  data: unknown,
  { agents, states, actions }: RewardSizes,
): Result<readonly Float64Array[]> {
  const found = issues()
  const tables = arrayOf(found, [], data, agents, 'agents').map((table, agent) => {
    const rewards = arrayOf(found, [agent], table, states, 'states').flatMap((row, state) =>
      arrayOf(found, [agent, state], row, actions, 'actions').map((reward, action) =>
        rewardOf(found, [agent, state, action], reward),
      ),
    )
    return Float64Array.from(rewards)
  })
  return found.list.length > 0 ? { ok: false, issues: found.list } : { ok: true, value: tables }
}

/** The reward, or 0 and an issue. */
function rewardOf(found: Issues, path: readonly number[], value: unknown): number {
  if (typeof value === 'number' && isReward(value)) return value
  const range = `a number in [${-LARGEST_REWARD}, ${LARGEST_REWARD}]`
  found.add(path, `expected a reward${of(path)}, ${range}, got ${kindOf(value)}`)
  return 0
}

/** The items of an array of the wanted length, or none. */
function arrayOf(
  found: Issues,
  path: readonly number[],
  value: unknown,
  length: number,
  what: string,
): readonly unknown[] {
  if (Array.isArray(value) && value.length === length) return value as unknown[]
  found.add(path, `expected an array of ${length} ${what}${of(path)}, got ${kindOf(value)}`)
  return []
}

/** ' of agent 3, state 1, action 0', as far as the path goes. */
const of = (path: readonly number[]): string => {
  const names = path.map((index, depth) => `${['agent', 'state', 'action'][depth]} ${index}`)
  return names.length === 0 ? '' : ` of ${names.join(', ')}`
}

/** A short picture of what came. */
function kindOf(value: unknown): string {
  if (Array.isArray(value)) return `an array of ${value.length}`
  if (typeof value === 'object' && value !== null) return 'an object'
  return typeof value === 'number' ? String(value) : (JSON.stringify(value)?.slice(0, 40) ?? 'nothing')
}
