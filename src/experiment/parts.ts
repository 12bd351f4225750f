/**
 * What finished trials leave in a run folder: a model each and, until they are merged, a part each, whose presence means finished. A
 * part is a line with the sha256 of what follows, the trial's account on a line, and its rows.
 */
import { createReadStream } from 'node:fs'
import { open, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { systemCode, type Writer } from './disk.ts'
import { ROWS_HEADER } from './rows-csv.ts'
import { MODELS, PARTS } from './run-folder.ts'
import { describeTrial, parseAccount, sha256, type Account, type Product, type Trial } from './trial.ts'

/** Of the run folder `path`: where a trial's model lies. */
export const modelPath = (path: string, { variant, seed }: Pick<Trial, 'variant' | 'seed'>): string =>
  join(path, MODELS, variant, `${seed}.safetensors`)

const partPath = (path: string, { variant, seed }: Trial): string =>
  join(path, PARTS, variant, `${seed}.part`)

/** Writes a finished trial, the part last. */
export async function writeProduct(
  path: string,
  trial: Trial,
  { part, model }: Product,
  write: Writer,
): Promise<void> {
  await write(modelPath(path, trial), [model])
  await write(partPath(path, trial), [new TextEncoder().encode(`${sha256(part)}\n`), part])
}

/** The account of a trial and where in its part the rows begin. */
interface Opened {
  readonly account: Account
  readonly rowsAt: number
}

const NEWLINE = 0x0a

/** Bytes of a part's first line. */
const HASH_BYTES = 65

/** A line of a file that begins at a byte, and the file's size. */
async function lineAt(
  path: string,
  position: number,
): Promise<{ line: string; bytes: number; size: number }> {
  const file = await open(path)
  try {
    const { size } = await file.stat()
    for (let length = 4096; ; length *= 4) {
      const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(length), position })
      const end = buffer.subarray(0, bytesRead).indexOf(NEWLINE)
      if (end >= 0 || bytesRead < length)
        return { line: buffer.toString('utf8', 0, Math.max(0, end)), bytes: end + 1, size }
    }
  } finally {
    await file.close()
  }
}

async function openPart(path: string, trial: Trial): Promise<Opened | null> {
  const { line, bytes, size } = await lineAt(partPath(path, trial), HASH_BYTES)
  const account = parseAccount(line)
  const rowsAt = HASH_BYTES + bytes
  return account !== null && account.rowBytes === size - rowsAt ? { account, rowsAt } : null
}

/** How many trials an unfinished run has finished. */
export async function countParts(path: string): Promise<number> {
  try {
    const files = await readdir(join(path, PARTS), { recursive: true })
    return files.filter((file) => file.endsWith('.part')).length
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return 0
    throw error
  }
}

/** Something else stands where a file should be; writing the file will tell. */
const ABSENT: readonly (string | undefined)[] = ['ENOENT', 'ENOTDIR', 'EISDIR']

/** Whether the part and the model of a trial are there, and as they were written. */
export async function isDone(path: string, trial: Trial): Promise<boolean> {
  try {
    const part = await readFile(partPath(path, trial))
    if (part.toString('latin1', 0, HASH_BYTES) !== `${sha256(part.subarray(HASH_BYTES))}\n`) return false
    const opened = await openPart(path, trial)
    return opened !== null && sha256(await readFile(modelPath(path, trial))) === opened.account.model
  } catch (error) {
    if (ABSENT.includes(systemCode(error))) return false
    throw error
  }
}

/**
 * The whole of `rows.csv`, made from the parts of `trials` in their order.
 * @param onAccount hears the account of each trial
 * @throws Error when a part is missing or damaged
 */
export async function* mergedRows(
  path: string,
  trials: Iterable<Trial>,
  onAccount: (account: Account) => void,
): AsyncGenerator<Uint8Array> {
  yield new TextEncoder().encode(`${ROWS_HEADER}\n`)
  for (const trial of trials) {
    const opened = await openPart(path, trial)
    if (opened === null) throw new Error(`the part of ${describeTrial(trial)} in ${path} is damaged`)
    onAccount(opened.account)
    if (opened.account.rowBytes === 0) continue
    yield* createReadStream(partPath(path, trial), { start: opened.rowsAt }) as AsyncIterable<Uint8Array>
  }
}
