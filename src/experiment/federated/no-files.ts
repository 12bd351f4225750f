/** Whether an experiment names files: one that comes from outside may not. */
import { isDataUrl } from '../data-url.ts'
import { changedPaths } from '../document.ts'
import { InputError } from '../errors.ts'
import type { Experiment } from '../experiment.ts'

/**
 * Refuses an experiment from outside that names files of this machine: none may be read or run because a server says so.
 * @param file for messages
 * @throws InputError
 */
export function expectNoFiles({ document }: Experiment, file: string): void {
  changedPaths(document, (path) => {
    if (isDataUrl(path)) return path
    throw new InputError(
      file,
      `expected the files within it, got the path ${path}, and no file is read because a server names it`,
    )
  })
}
