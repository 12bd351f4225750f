/**
 * What finished trials leave in a run folder: a model each and, until they are merged, a part each, whose presence means finished. A
 * part is a line with the sha256 of what follows, the trial's account on a line, and its rows.
 */
import { open, readdir, readFile, type FileHandle } from 'node:fs/promises'
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
  const hash = Buffer.from(`${sha256(part)}\n`)
  // A second call of the system is dearer than to copy few bytes, and cheaper than to copy many.
  await write(partPath(path, trial), part.length < FIRST ? [Buffer.concat([hash, part])] : [hash, part])
}

const NEWLINE = 0x0a

/** Bytes of a part's first line. */
const HASH_BYTES = 65

/** Bytes of a part that are read first: mostly all of it. */
const FIRST = 1 << 16

/** Bytes that are read, and given, at a time. */
const PIECE = 1 << 20

/**
 * The account that a part begins with, and how long it is; null where it is none or its rows are not as many as it says.
 * @param bytes of the part, the hash left out, up to the end of the account or beyond
 * @param size of all such bytes
 */
function accountIn(bytes: Buffer, size: number): { account: Account; length: number } | null {
  const length = bytes.indexOf(NEWLINE) + 1
  const account = parseAccount(bytes.toString('utf8', 0, length))
  return account !== null && account.rowBytes === size - length ? { account, length } : null
}

async function readAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read({ buffer: Buffer.allocUnsafe(length), position })
  return buffer.subarray(0, bytesRead)
}

/** The rows of a part, once its account has been heard. */
async function* rowsOfPart(
  path: string,
  trial: Trial,
  onAccount: (account: Account) => void,
): AsyncGenerator<Uint8Array> {
  const file = await open(partPath(path, trial))
  try {
    const size = (await file.stat()).size - HASH_BYTES
    let bytes = await readAt(file, HASH_BYTES, FIRST)
    for (let length = FIRST; !bytes.includes(NEWLINE) && bytes.length === length;)
      bytes = await readAt(file, HASH_BYTES, (length *= 4))
    const found = accountIn(bytes, size)
    if (found === null) throw new Error(`the part of ${describeTrial(trial)} in ${path} is damaged`)
    onAccount(found.account)
    yield bytes.subarray(found.length)
    for (let at = bytes.length; at < size; at += bytes.length) {
      bytes = await readAt(file, HASH_BYTES + at, PIECE)
      if (bytes.length === 0) throw new Error(`the part of ${describeTrial(trial)} in ${path} became shorter`)
      yield bytes
    }
  } finally {
    await file.close()
  }
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
    const content = part.subarray(HASH_BYTES)
    if (part.toString('latin1', 0, HASH_BYTES) !== `${sha256(content)}\n`) return false
    const found = accountIn(content, content.length)
    return found !== null && sha256(await readFile(modelPath(path, trial))) === found.account.model
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
  let held: Uint8Array[] = [Buffer.from(`${ROWS_HEADER}\n`)]
  let bytes = 0
  for (const trial of trials) {
    for await (const piece of rowsOfPart(path, trial, onAccount)) {
      held.push(piece)
      bytes += piece.length
      if (bytes < PIECE) continue
      yield* piece.length < PIECE ? [Buffer.concat(held)] : held
      held = []
      bytes = 0
    }
  }
  yield Buffer.concat(held)
}
