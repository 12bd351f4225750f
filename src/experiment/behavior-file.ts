/** Behaviour tables as files: JSON, [agent][state][action] or [state][action]. */
import { placesOf, syntaxFault } from '../mdp/json-place.ts'
import type { Issue } from '../numeric/result.ts'
import { InputError } from './errors.ts'
import { readText } from './files.ts'

/** Larger files are refused by their size, bytes. */
const MOST_BYTES = 500_000_000

/** The parsed JSON of a file. @throws InputError where it cannot be read or is no JSON: with line and column */
export async function readBehaviorFile(path: string): Promise<unknown> {
  const text = await readText(path, path, MOST_BYTES)
  try {
    return JSON.parse(text) as unknown
  } catch (error) {
    const fault = syntaxFault(text) ?? { message: error instanceof Error ? error.message : String(error) }
    throw new InputError(path, [{ path: [], ...fault, message: `not valid JSON: ${fault.message}` }])
  }
}

/** What is wrong with the content of a file, each fault with its line and column. @param list their paths lead to values of the file */
export async function behaviorFileFault(path: string, list: readonly Issue[]): Promise<InputError> {
  const text = await readText(path, path, MOST_BYTES)
  const places = placesOf(
    text,
    list.map((issue) => issue.path),
  )
  return new InputError(
    path,
    list.map((issue, i) => ({ ...issue, ...places[i] })),
  )
}
