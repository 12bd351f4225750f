/** Reads an experiment file. */
import { parse as parsePath, resolve } from 'node:path'
import { InputError } from './errors.ts'
import type { Experiment } from './experiment.ts'
import { readText } from './files.ts'
import { parseExperiment, type ParseOptions } from './parse.ts'
import { NAME } from './schema.ts'

/** Larger experiment files are refused by their size, before they are read. */
const MOST_BYTES = 10_000_000

/**
 * The experiment in a file, its relative paths taken from the file's folder. One that states no name has that of the file.
 * @param path as the user wrote it; messages name it so
 * @throws InputError where the file cannot be read or is no valid experiment: one issue a fault, with line and column
 */
export async function loadExperiment(
  path: string,
  options: Omit<ParseOptions, 'folder' | 'name'> = {},
): Promise<Experiment> {
  const text = await readText(path, path, MOST_BYTES)
  const { dir: folder, name } = parsePath(resolve(path))
  const named = NAME.test(name) ? { name } : {}
  const parsed = parseExperiment(text, { ...named, ...options, folder })
  if (!parsed.ok) throw new InputError(path, parsed.issues)
  return parsed.value
}
