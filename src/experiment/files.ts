/** Files that a person names: read whole when they are small, in pieces otherwise; what cannot be read is told. */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { access, constants, readFile, stat } from 'node:fs/promises'
import { bytesOfDataUrl, fileName, isDataUrl } from './data-url.ts'
import { InputError, Unreadable } from './errors.ts'

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  ENOTDIR: 'no such file: a part of the path is a file, not a folder',
  EACCES: 'may not be read: permission denied',
  EPERM: 'may not be read: permission denied',
  ENAMETOOLONG: 'no such file: the name is too long',
  ELOOP: 'its symbolic links lead in a circle',
}

/** The failure to read `name` as an {@link Unreadable}; anything else is thrown on. */
function unreadable(name: string, error: unknown): never {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  const reason = REASONS[code]
  if (reason === undefined) throw error
  throw new Unreadable(name, reason)
}

/** Digits of a size in MB. */
const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(1)

/**
 * Refuses what is no regular file of at most `most` bytes, by its size, before it is read.
 * @param name how the user calls the file
 * @throws InputError
 */
async function checkFile(path: string, name: string, most: number): Promise<void> {
  const info = await stat(path).catch((error: unknown) => unreadable(name, error))
  if (info.isDirectory()) throw new Unreadable(name, 'expected a file, got a folder')
  if (!info.isFile()) throw new Unreadable(name, 'expected a regular file')
  if (info.size > most)
    throw new InputError(name, `expected at most ${megabytes(most)} MB, got ${megabytes(info.size)} MB`)
}

/** Looks, before it is needed, whether a file is there and may be read. @throws InputError naming it */
export async function expectReadable(path: string): Promise<void> {
  await checkFile(path, path, Infinity)
  await access(path, constants.R_OK).catch((error: unknown) => unreadable(path, error))
}

/** The bytes in a `data:` URL. @throws InputError where it holds none, or more than `most` */
function bytesIn(url: string, most: number): Uint8Array {
  const bytes = bytesOfDataUrl(url)
  if (bytes === null) throw new InputError(fileName(url), 'expected a data: URL in base64')
  if (bytes.length > most)
    throw new InputError(
      fileName(url),
      `expected at most ${megabytes(most)} MB, got ${megabytes(bytes.length)} MB`,
    )
  return bytes
}

/** Names a file as it is now: another value once it has been written again. @throws InputError where there is none */
export async function versionOf(path: string, name: string): Promise<readonly (string | number)[]> {
  if (isDataUrl(path)) return [createHash('sha256').update(path).digest('hex')]
  const { size, mtimeMs } = await stat(path).catch((error: unknown) => unreadable(name, error))
  return [path, size, mtimeMs]
}

/**
 * The bytes of a file.
 * @param most the largest size, bytes
 * @throws InputError naming the file as `name`: missing, a folder, too large, not permitted
 */
export async function readBytes(path: string, name: string, most: number): Promise<Uint8Array> {
  if (isDataUrl(path)) return bytesIn(path, most)
  await checkFile(path, name, most)
  return readFile(path).catch((error: unknown) => unreadable(name, error))
}

/** The text of a file in UTF-8, a byte order mark left out. @throws InputError as {@link readBytes}, and on other bytes */
export async function readText(path: string, name: string, most: number): Promise<string> {
  const bytes = await readBytes(path, name, most)
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (error) {
    if (error instanceof TypeError) throw new InputError(name, 'expected text in UTF-8, got other bytes')
    throw error
  }
}

/** Bytes of a piece: reading in smaller ones costs more calls of the system. */
const PIECE = 1 << 20

/** The bytes of a file, in pieces. @throws InputError as {@link readBytes} */
export async function* readChunks(path: string, name: string): AsyncGenerator<Uint8Array> {
  if (isDataUrl(path)) {
    yield bytesIn(path, Infinity)
    return
  }
  await checkFile(path, name, Infinity)
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: PIECE })) yield chunk as Uint8Array
  } catch (error) {
    unreadable(name, error)
  }
}
