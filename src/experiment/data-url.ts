/** Files that travel within an experiment: in place of a path stands a `data:` URL (RFC 2397) with the name of the file and its bytes. */
import { basename, resolve } from 'node:path'

const START = 'data:'

/** Whether what stands in place of a path holds the file itself. */
export const isDataUrl = (path: string): boolean => path.startsWith(START)

/** `path` as an absolute one, relative ones taken from `folder`; a `data:` URL stays as it is. */
export const pathIn = (folder: string, path: string): string =>
  isDataUrl(path) ? path : resolve(folder, path)

/** A file as a URL. @param path its name is told, not its folder */
export function dataUrl(path: string, bytes: Uint8Array): string {
  const type = path.endsWith('.json') ? 'application/json' : 'application/octet-stream'
  const data = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64')
  return `${START}${type};name=${encodeURIComponent(basename(path))};base64,${data}`
}

/** The bytes of a URL that {@link dataUrl} gave; null where it is another. */
export function bytesOfDataUrl(url: string): Uint8Array | null {
  const comma = url.indexOf(',')
  if (comma < 0 || !url.slice(0, comma).endsWith(';base64')) return null
  return new Uint8Array(Buffer.from(url.slice(comma + 1), 'base64'))
}

/** How messages call a file: its path, or the name in its URL. */
export function fileName(path: string): string {
  if (!isDataUrl(path)) return path
  const [, name = ''] = /^data:[^;,]*;name=([^;,]*)[;,]/.exec(path.slice(0, 1000)) ?? []
  try {
    return name === '' ? 'data' : decodeURIComponent(name)
  } catch {
    return 'data'
  }
}
