/** Looks after files that are changed while the program runs, whichever way an editor writes them. */
import { watch, type FSWatcher } from 'node:fs'
import { stat } from 'node:fs/promises'
import { dirname } from 'node:path'

/** Files are looked at so often, for not every file system tells of changes, ms. */
const LOOK_MS = 1000
/** A file that has changed may be half written: it is taken to be whole when it has been left alone for so long, ms. */
const QUIET_MS = 100

/** What is another text after a change of the file; '' where there is none. */
async function signatureOf(path: string): Promise<string> {
  try {
    const { mtimeMs, ctimeMs, size, ino } = await stat(path)
    return `${mtimeMs} ${ctimeMs} ${size} ${ino}`
  } catch {
    return ''
  }
}

/** Tells at once that something has happened in a folder, where the system can. */
function watcherOf(folder: string, happened: () => void): FSWatcher[] {
  try {
    const watcher = watch(folder, { persistent: false }, happened)
    // looking now and then has to do
    watcher.on('error', () => watcher.close())
    return [watcher]
  } catch {
    return []
  }
}

/** Tells of changes of some files since it was made. */
class Watch {
  readonly #paths: readonly string[]
  readonly #onChange: () => Promise<void>
  readonly #timer: NodeJS.Timeout
  readonly #watchers: readonly FSWatcher[]
  #told: string
  #last: string
  #quiet: NodeJS.Timeout | null = null
  #isLooking = false

  constructor(paths: readonly string[], signature: string, onChange: () => Promise<void>) {
    this.#paths = paths
    this.#onChange = onChange
    this.#told = signature
    this.#last = signature
    this.#timer = setInterval(() => this.#soon(), LOOK_MS).unref()
    const folders = new Set(paths.map((path) => dirname(path)))
    this.#watchers = [...folders].flatMap((folder) => watcherOf(folder, () => this.#soon()))
  }

  close(): void {
    clearInterval(this.#timer)
    if (this.#quiet !== null) clearTimeout(this.#quiet)
    for (const watcher of this.#watchers) watcher.close()
  }

  #soon(): void {
    this.#quiet ??= setTimeout(() => {
      this.#quiet = null
      void this.#look()
    }, QUIET_MS).unref()
  }

  async #look(): Promise<void> {
    if (this.#isLooking) return
    this.#isLooking = true
    const now = await look(this.#paths)
    const isStill = now === this.#last
    this.#last = now
    if (now !== this.#told && isStill) {
      this.#told = now
      await this.#onChange()
    }
    this.#isLooking = false
    if (now !== this.#told) this.#soon()
  }
}

const look = async (paths: readonly string[]): Promise<string> =>
  (await Promise.all(paths.map(signatureOf))).join()

/**
 * Calls `onChange`, one call at a time, after some of the files have changed: also when one comes or goes. What is read after this has
 * resolved is not older than what changes are told of.
 * @param onChange never rejects
 * @returns ends it
 */
export async function watchFiles(
  paths: readonly string[],
  onChange: () => Promise<void>,
): Promise<() => void> {
  const watching = new Watch(paths, await look(paths), onChange)
  return () => watching.close()
}
