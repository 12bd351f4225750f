/** Whose a mirror is, and up to whom the history of a run folder goes. */
import { join } from 'node:path'
import type { MirrorChange } from '../../../transport/mirror.ts'
import type { Writer } from '../../disk.ts'
import { FEDERATION, readIfThere } from '../../run-folder.ts'
import { LOCAL_HEAD, type Files } from './files.ts'

/** Whose a mirror is: a file of it alone. */
export const HEAD = 'head.json'

/** What stands in {@link HEAD}. */
export interface Head {
  /** of the server that has it and of those before, newest first; new at each start of one */
  readonly sessions: readonly string[]
  /** SHA-256 of the experiment as agents hear of it */
  readonly run: string
  /** of the experiment */
  readonly name: string
  /** version of fedrl */
  readonly fedrl: string
  /** who serves it, for people */
  readonly holder: string
  /** `filling`: not all of the run is there yet */
  readonly state: 'filling' | 'running' | 'finished'
}

/** So many servers of a run are remembered. */
const MOST_SESSIONS = 100

const utf8 = (value: unknown): Uint8Array => new TextEncoder().encode(`${JSON.stringify(value)}\n`)

/** The change that makes a mirror that of a server. */
export const headChange = (head: Head): MirrorChange => ({ type: 'file', path: HEAD, content: utf8(head) })

/** Notes in a run folder up to whom its history goes. */
export const writeLocalHead = (out: string, sessions: readonly string[], write: Writer): Promise<void> =>
  write(join(out, FEDERATION, LOCAL_HEAD), [utf8({ sessions })])

/** The head of a server whose run folder has the history of these sessions. */
export const since = (head: Head, sessions: readonly string[]): Head => ({
  ...head,
  sessions: [...head.sessions, ...sessions].slice(0, MOST_SESSIONS),
})

/** The head of a mirror; null where it is empty. */
export async function headIn(there: Files): Promise<Head | null> {
  const file = there.get(HEAD)
  return file === undefined ? null : (JSON.parse(new TextDecoder().decode(await file.read())) as Head)
}

/** Whose a run folder is; null where it was served without a mirror. */
export async function sessionsOf(out: string): Promise<readonly string[] | null> {
  const text = await readIfThere(join(out, FEDERATION, LOCAL_HEAD))
  if (text === null) return null
  try {
    return (JSON.parse(text) as { readonly sessions: readonly string[] }).sessions
  } catch {
    return []
  }
}
