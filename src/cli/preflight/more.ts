/** Checks of what else a server is told: the names of its agents, its log. */
import { access, constants, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { blaming, systemCode } from '../../experiment/disk.ts'
import { InputError } from '../../experiment/errors.ts'
import type { Experiment } from '../../experiment/experiment.ts'
import { federationSize } from '../../experiment/federated/check.ts'
import { parseNames } from '../live.ts'
import { levelOf, type LogFlags } from '../log.ts'
import { ok, type Finding } from './check.ts'

/** The names that are fixed beforehand. @throws InputError where they are none, or too many */
export function checkNames(text: string, file: string, experiment: Experiment): Finding {
  const [names, agents] = [parseNames('--agents', text), federationSize(experiment, file)]
  if (names.length > agents)
    throw new InputError('--agents', `expected at most ${agents} names, got ${names.length}`)
  return ok(`${names.length} of ${agents} agents have a name`)
}

/** Whether the log could be written; nothing is. @throws InputError where it could not, or there is no such level */
export async function checkLog({ log, logLevel = 'info' }: LogFlags): Promise<Finding> {
  const level = levelOf(logLevel)
  if (log === undefined) return ok(`none: --log-level ${level} belongs to --log`)
  if (log === '-') return ok(`${level}, to stderr`)
  await blaming('--log', log, 'a file that can be written', async () => {
    const kind = await kindOf(log)
    if (kind === 'folder') throw new InputError('--log', `expected a file, got the folder ${log}`)
    await access(kind === 'file' ? log : dirname(resolve(log)), constants.W_OK)
  })
  return ok(`${level}, to ${log}`)
}

async function kindOf(path: string): Promise<'file' | 'folder' | null> {
  try {
    return (await stat(path)).isDirectory() ? 'folder' : 'file'
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return null
    throw error
  }
}
