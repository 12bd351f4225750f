/** `fedrl export`: the rows and models of a run as one file in another format. */
import { extname } from 'node:path'
import { blaming, writeAtomically } from '../experiment/disk.ts'
import { InputError } from '../experiment/errors.ts'
import { exportOf, FORMATS, type Format } from '../experiment/export.ts'
import type { Io } from './io.ts'

/** The flags of `fedrl export`, as typed. */
export interface ExportFlags {
  readonly format?: string
  readonly out?: string
}

const isFormat = (text: string): text is Format => (FORMATS as readonly string[]).includes(text)

/** The format that the flags name, or the ending of the file. */
function formatOf(format: string | undefined, out: string): Format {
  const name = format ?? extname(out).slice(1)
  if (isFormat(name)) return name
  const got = format === undefined ? `none, and ${out} does not end in one of these` : format
  throw new InputError('--format', `expected one of ${FORMATS.join(', ')}, got ${got}`)
}

/** Carries the command out. */
export async function exportRun(run: string, { format: named, out }: ExportFlags, io: Io): Promise<void> {
  if (out === undefined) throw new InputError('--out', 'expected the file to write, got none')
  const format = formatOf(named, out)
  const chunks = await exportOf(run, format)
  await blaming('--out', out, 'a file that can be written', () => writeAtomically(out, chunks))
  io.result({ run, format, file: out }, () => `${out}: ${run} as ${format}`)
}
