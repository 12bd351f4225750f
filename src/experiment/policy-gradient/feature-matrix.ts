/** Features of states from a file: JSON, [state][feature], or a NumPy array [S, F]. */
import { parseNpy } from '../../mdp/npy.ts'
import type { Issue } from '../../numeric/result.ts'
import { behaviorFileFault, readBehaviorFile } from '../behavior-file.ts'
import { fileName } from '../data-url.ts'
import { InputError } from '../errors.ts'
import { readBytes } from '../files.ts'

/** Larger files are refused by their size, bytes. */
const MOST_BYTES = 500_000_000

/** Issues that are told of one file. */
const MOST_ISSUES = 5

/**
 * The matrix in a file, [S * F] row by row.
 * @param states S
 * @throws InputError naming the file and, in JSON, line and column: not readable, another number of rows, rows of different or no length,
 * entries that are no finite numbers
 */
export async function readFeatureMatrix(path: string, states: number): Promise<Float64Array> {
  if (fileName(path).endsWith('.npy')) return readNpy(path, states)
  const data = await readBehaviorFile(path)
  const issues = faultsOf(data, states)
  if (issues.length > 0) throw await behaviorFileFault(path, issues.slice(0, MOST_ISSUES))
  return Float64Array.from((data as number[][]).flat())
}

async function readNpy(path: string, states: number): Promise<Float64Array> {
  const array = parseNpy(await readBytes(path, path, MOST_BYTES))
  if (!array.ok) throw new InputError(path, array.issues)
  const { shape, data } = array.value
  if (shape.length !== 2 || shape[0] !== states || shape[1] === 0)
    throw new InputError(path, `expected an array of shape [${states}, F], got [${shape.join(', ')}]`)
  const wrong = data.findIndex((value) => !Number.isFinite(value))
  if (wrong >= 0)
    throw new InputError(
      path,
      `expected finite numbers, got ${data[wrong]} at state ${Math.floor(wrong / (shape[1] as number))}`,
    )
  return data
}

/** What keeps parsed JSON from being a matrix of `states` rows. */
function faultsOf(data: unknown, states: number): Issue[] {
  if (!Array.isArray(data) || data.length !== states)
    return [{ path: [], message: `expected ${states} rows, one for each state, got ${kindOf(data)}` }]
  const width = Array.isArray(data[0]) ? data[0].length : 0
  if (width === 0)
    return [{ path: [0], message: `expected a list of at least one feature, got ${kindOf(data[0])}` }]
  return data.flatMap((row: unknown, state) => {
    if (!Array.isArray(row) || row.length !== width)
      return [
        { path: [state], message: `expected ${width} features as in the first row, got ${kindOf(row)}` },
      ]
    return row.flatMap((value: unknown, i) =>
      typeof value === 'number' && Number.isFinite(value)
        ? []
        : [{ path: [state, i], message: `expected a finite number, got ${kindOf(value)}` }],
    )
  })
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return `a list of ${value.length}`
  return typeof value === 'number' ? `${value}` : JSON.stringify(value).slice(0, 40)
}
