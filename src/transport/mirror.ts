/**
 * A copy of a folder of files that outlives the machine of its server. One server at a time changes it: what another one, who was before,
 * still tries to write is refused. Bytes only; what the files are, others know.
 */
import { TransportError } from '../transport.ts'

/** A change of a mirror. Paths are relative, with '/'. */
export type MirrorChange =
  /** puts a file in place of the one before */
  | { readonly type: 'file'; readonly path: string; readonly content: Uint8Array }
  /** a file that is written once, and of any length */
  | { readonly type: 'product'; readonly path: string; readonly content: Uint8Array }
  /** appends to a file at `offset`, bytes from its start; what it had beyond is forgotten */
  | {
      readonly type: 'lines'
      readonly path: string
      readonly offset: number
      readonly content: Uint8Array
    }
  | { readonly type: 'removed'; readonly path: string }

/** A file in a mirror. */
export interface MirroredFile {
  readonly bytes: number
  /** of its content, 64 hexadecimal digits, where that is known without reading it */
  readonly sha256: string | null
  /** @throws TransportError where it is not as it was written */
  read(): Promise<Uint8Array>
}

/** A copy of a folder. */
export interface Mirror {
  /** who opened it, for people */
  readonly holder: string
  /**
   * What it holds now, by path. Has to be called before anything is changed: a change is refused where somebody else has changed the mirror
   * since.
   */
  files(): Promise<ReadonlyMap<string, MirroredFile>>
  /**
   * Makes changes, in their order; all are kept when it resolves, and a crash may leave the first few of them. Waits while the broker is
   * away.
   * @throws MirrorTaken where another server has changed the mirror since it was read
   * @throws TransportError where there is no room, or the broker has lost what it had acknowledged
   */
  write(changes: readonly MirrorChange[]): Promise<void>
  /** Forgets everything. */
  clear(): Promise<void>
  close(): Promise<void>
}

/** Another server has changed the mirror. */
export class MirrorTaken extends TransportError {}
