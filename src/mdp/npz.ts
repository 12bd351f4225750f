/** An Mdp from dense NumPy arrays in one `.npz` file. */
import type { Result } from '../numeric/result.ts'
import { mdpOfColumns, outcomeList } from './build.ts'
import type { OutcomeList } from './build.ts'
import type { Issues } from './issues.ts'
import { issues, shown } from './issues.ts'
import type { Mdp } from './mdp.ts'
import type { NumberArray } from './npy.ts'
import { parseNpy, shapeText, unzipNpz } from './npy.ts'
import { checkSizes, isReward, LARGEST_REWARD } from './validate.ts'

/** The order of the axes of `P`: [state, action, next] or [action, state, next]. */
export type Layout = 'SAS' | 'ASS'

/** `layout` is never guessed; `discount`, gamma, has no place in the arrays. */
export interface NpzOptions {
  readonly layout: Layout
  readonly discount: number
}

const NAMES = ['P', 'R', 'initial', 'terminal'] as const
type Arrays = Partial<Record<(typeof NAMES)[number], NumberArray>>

/**
 * The Mdp of a `.npz` file with the arrays
 * - `P`, probabilities: [S, A, S] under the layout SAS, [A, S, S] under ASS;
 * - `R`, rewards: [S, A] under both layouts, or per transition in the shape of `P`;
 * - `initial`, rho: [S], optional, uniform over the states that are not terminal by default;
 * - `terminal`: [S], boolean or 0 and 1, optional, none by default.
 * Other arrays are left alone. Entries of `P` that are 0 are no outcomes. Refused: what `mdpOf` refuses, missing arrays, other shapes (also
 * one that fits the other layout only), other types, pickled objects.
 */
export function parseNpz(bytes: Uint8Array, options: NpzOptions): Result<Mdp> {
  const files = unzipNpz(bytes, NAMES)
  if (!files.ok) return files
  const found = issues()
  const arrays: Arrays = {}
  for (const name of NAMES) {
    const file = files.value.get(name)
    const array = file === undefined ? undefined : parseNpy(file)
    if (array?.ok === true) arrays[name] = array.value
    else for (const issue of array?.issues ?? []) found.add([name, ...issue.path], issue.message)
    if (array === undefined && (name === 'P' || name === 'R'))
      found.add([name], `missing, expected an array named ${name}`)
  }
  const { P, R } = arrays
  if (found.list.length > 0 || P === undefined || R === undefined) return { ok: false, issues: found.list }
  checkShapes(found, P, R, arrays, options.layout)
  return found.list.length > 0 ? { ok: false, issues: found.list } : mdpOfArrays(P, R, arrays, options)
}

/** Sizes and the expected shapes of the arrays under a layout, from the shape of P; null where P fits it not. */
function sizesOf(shape: readonly number[], layout: Layout): { states: number; actions: number } | null {
  const [states, actions] = layout === 'SAS' ? [shape[0], shape[1]] : [shape[1], shape[0]]
  return shape.length === 3 && states !== undefined && actions !== undefined && shape[2] === states
    ? { states, actions }
    : null
}

function checkShapes(found: Issues, P: NumberArray, R: NumberArray, rest: Arrays, layout: Layout): void {
  const expected = layout === 'SAS' ? '[S, A, S]' : '[A, S, S]'
  const sizes = sizesOf(P.shape, layout)
  if (sizes === null) {
    const other: Layout = layout === 'SAS' ? 'ASS' : 'SAS'
    const hint = sizesOf(P.shape, other) === null ? '' : `, which fits the layout ${other} only`
    found.add(['P'], `expected shape ${expected} for the layout ${layout}, got ${shapeText(P.shape)}${hint}`)
    return
  }
  const { states, actions } = sizes
  const got = shapeText(R.shape)
  if (got !== shapeText([states, actions]) && got !== shapeText(P.shape))
    found.add(['R'], `expected shape ${shapeText([states, actions])} or ${shapeText(P.shape)}, got ${got}`)
  for (const name of ['initial', 'terminal'] as const) {
    const shape = rest[name]?.shape ?? [states]
    if (shapeText(shape) !== shapeText([states]))
      found.add([name], `expected shape ${shapeText([states])}, got ${shapeText(shape)}`)
  }
  for (const [state, flag] of (rest.terminal?.data ?? []).entries())
    if (flag !== 0 && flag !== 1) found.add(['terminal', state], `expected 0 or 1, got ${flag}`)
}

/** The arrays of one problem, shapes checked. */
interface Dense {
  readonly P: NumberArray
  readonly R: NumberArray
  readonly states: number
  readonly actions: number
  readonly layout: Layout
}

/** The index of a pair in arrays of a layout, without that of the next state. */
const place = ({ layout }: Dense, state: number, action: number): [number, number] =>
  layout === 'SAS' ? [state, action] : [action, state]

function mdpOfArrays(
  P: NumberArray,
  R: NumberArray,
  rest: Arrays,
  { layout, discount }: NpzOptions,
): Result<Mdp> {
  const sizes = sizesOf(P.shape, layout) ?? { states: 0, actions: 0 }
  const dense = { P, R, ...sizes, layout }
  const found = issues()
  checkSizes(found, sizes.states, sizes.actions, discount)
  const outcomes = outcomesOf(found, dense)
  if (found.list.length > 0) return { ok: false, issues: found.list }
  const terminal = Array.from(rest.terminal?.data ?? []).flatMap((flag, state) => (flag === 1 ? [state] : []))
  const initial = rest.initial === undefined ? {} : { initial: rest.initial.data }
  return mdpOfColumns({ ...sizes, discount, ...initial, terminal }, outcomes.columns(), (state, action) => [
    'P',
    ...place(dense, state, action),
  ])
}

/** The entries of P that are not 0, with their rewards; issues for numbers that cannot be. */
function outcomesOf(found: Issues, dense: Dense): OutcomeList {
  const { P, R, states, actions, layout } = dense
  const outcomes = outcomeList()
  for (let pair = 0; pair < states * actions && !found.full(); pair++) {
    const [state, action] = [Math.floor(pair / actions), pair % actions]
    const row = layout === 'SAS' ? pair : action * states + state
    for (let next = 0; next < states && !found.full(); next++) {
      const probability = P.data[row * states + next] as number
      const perPair = R.shape.length === 2
      const reward = R.data[perPair ? pair : row * states + next] as number
      if (probability === 0) continue
      const entry = [...place(dense, state, action), next]
      if (!Number.isFinite(probability) || probability < 0)
        found.add(['P', ...entry], `expected a finite number >= 0, got ${shown(probability)}`)
      if (!isReward(reward))
        found.add(
          ['R', ...(perPair ? [state, action] : entry)],
          `expected a number in [${-LARGEST_REWARD}, ${LARGEST_REWARD}], got ${shown(reward)}`,
        )
      outcomes.add(state, action, next, probability, reward)
    }
  }
  return outcomes
}
