/**
 * Stands in for `experiment/files.ts` in a page: the log that the person has chosen, and the files that travel within an experiment. The
 * page never asks the server for a file.
 */
import { fileName, isDataUrl } from '../experiment/data-url.ts'
import { InputError } from '../experiment/errors.ts'
import type * as Disk from '../experiment/files.ts'

/** The path of the log that the person has chosen. */
export const OWN_LOG = '/own log'

let chosen: File | null = null

/** Puts a log in place of the one that was chosen before. */
export function choose(log: File | null): void {
  chosen = log
}

/** What stands for a path. @throws InputError where that is nothing a page has */
function blobAt(path: string): Blob {
  if (isDataUrl(path)) return new Blob([bytesIn(path)])
  if (path === OWN_LOG && chosen !== null) return chosen
  throw new InputError(fileName(path), 'this file lies on the disk of the server, which a page does not read')
}

function bytesIn(url: string): Uint8Array<ArrayBuffer> {
  const [head = '', data = ''] = url.split(',', 2)
  if (!head.endsWith(';base64')) throw new InputError(fileName(url), 'expected a data: URL in base64')
  return Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0))
}

/** Names a file as it is now. @throws InputError as all here, where there is none */
export const versionOf: typeof Disk.versionOf = async (path) => {
  await Promise.resolve()
  return isDataUrl(path) ? [path] : [path, blobAt(path).size, chosen?.lastModified ?? 0]
}

/** The bytes of a file, at most `most` of them. */
export const readBytes: typeof Disk.readBytes = async (path, _, most) => {
  const blob = blobAt(path)
  if (blob.size > most)
    throw new InputError(fileName(path), `expected at most ${most} bytes, got ${blob.size}`)
  return new Uint8Array(await blob.arrayBuffer())
}

/** The text of a file, UTF-8. */
export const readText: typeof Disk.readText = async (path, name, most) => {
  const bytes = await readBytes(path, name, most)
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (error) {
    if (error instanceof TypeError) throw new InputError(name, 'expected text in UTF-8, got other bytes')
    throw error
  }
}

/** The bytes of a file, in pieces. */
export const readChunks: typeof Disk.readChunks = async function* (path) {
  const reader = blobAt(path).stream().getReader()
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return
    yield value
  }
}
