/** `fedrl preflight`: what will keep a server from carrying an experiment out, told before it begins. Changes nothing. */
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { InputError } from '../experiment/errors.ts'
import type { Experiment } from '../experiment/experiment.ts'
import { federationSize } from '../experiment/federated/check.ts'
import { identityOf } from '../experiment/federated/identity.ts'
import { sentExperiment, withOwnLogs } from '../experiment/federated/sent.ts'
import { loadExperiment } from '../experiment/load.ts'
import { namingFile } from '../experiment/problem.ts'
import { checkProblems } from '../experiment/problems.ts'
import { lockRunFolder, MANIFEST, readIfThere, readRun } from '../experiment/run-folder.ts'
import type { Io } from './io.ts'
import { check, fail, ok, type Check, type Finding } from './preflight/check.ts'
import { runFolderOf } from './live.ts'
import {
  checkAddress,
  checkBroker,
  checkCertificate,
  checkFederation,
  checkKeys,
  checkMirror,
  checkStatusPlace,
} from './preflight/doors.ts'
import { checkLog, checkNames } from './preflight/more.ts'
import {
  checkClock,
  checkDisk,
  checkMemoryOf,
  checkVersions,
  keptBytes,
  runFolderBytes,
} from './preflight/machine.ts'
import { alignColumns } from './results-table.ts'
import type { ServeFlags } from './serve.ts'

const FAILED = 1

/** Carries the command out; the exit code is 1 where a server would fail. @throws InputError where the file is no experiment */
export async function preflight(file: string, flags: ServeFlags, io: Io): Promise<void> {
  const { seeds, set } = flags
  const experiment = await loadExperiment(file, {
    ...(seeds !== undefined && { seeds }),
    ...(set && { set }),
  })
  const checks = await checksOf(file, experiment, flags)
  const failed = checks.filter(({ state }) => state === 'fail').length
  io.result({ ready: failed === 0, checks }, () =>
    alignColumns(checks.map(({ state, name, text }) => [state, name, text])),
  )
  if (failed > 0) process.exitCode = FAILED
}

/** All that is looked at, in the order in which a server needs it. */
async function checksOf(file: string, experiment: Experiment, flags: ServeFlags): Promise<Check[]> {
  const { nats, keys, mirror, agents, log, logLevel } = flags
  const { out } = await runFolderOf(flags.out, experiment)
  const now = new Date()
  const checks = [
    check('versions', () => checkVersions(process.versions.node)),
    check('experiment', () => namingFile(file, () => checkExperiment(file, experiment))),
    check('memory', () => checkMemoryOf(experiment)),
    check('clock', () => checkClock(now)),
    check('run folder', () => checkFolder(out, experiment)),
    check('disk', () => checkDisk(out, runFolderBytes(experiment))),
    ...(agents === undefined ? [] : [check('agents', () => checkNames(agents, file, experiment))]),
    ...(log === undefined && logLevel === undefined ? [] : [check('log', () => checkLog(flags))]),
    ...(keys === undefined ? [] : [check('keys', () => checkKeysOf(keys, file, experiment))]),
    ...(nats === undefined
      ? [
          check('certificate', () => checkCertificate(flags, now)),
          check('address', () => checkAddress(flags)),
        ]
      : [
          check('broker', () => checkBroker(nats, flags)),
          check('federation', () => checkFederation(nats, flags, out)),
          check('status', () => checkStatusPlace(flags)),
        ]),
    ...(mirror === true ? [check('mirror', () => mirrorOf(nats, flags, experiment))] : []),
  ]
  return Promise.all(checks)
}

/** @throws InputError where no federation can carry it out, or a file that it names is wrong */
async function checkExperiment(file: string, experiment: Experiment): Promise<Finding> {
  const agents = federationSize(experiment, file)
  const served = withOwnLogs(experiment)
  await checkProblems(served)
  await sentExperiment(served)
  const { variants, seeds, participation = {} } = experiment
  const { minimum = agents } = participation
  const runs = variants.length * seeds.length
  return ok(
    `${experiment.name}: ${agents} agents, of whom ${minimum} have to be there; ${variants.length} variants x ${seeds.length} seeds, ${runs} in all`,
  )
}

/** @throws InputError as a server would, where no broker is named */
function mirrorOf(nats: string | undefined, flags: ServeFlags, experiment: Experiment): Promise<Finding> {
  if (nats === undefined) throw new InputError('--mirror', 'belongs to --nats: the broker keeps the copy')
  return checkMirror(nats, flags, keptBytes(experiment))
}

function checkKeysOf(folder: string, file: string, experiment: Experiment): Promise<Finding> {
  const agents = federationSize(experiment, file)
  return checkKeys(folder, agents, experiment.participation?.minimum ?? agents)
}

/** Whether a server could begin, or go on, in this folder. @throws InputError where another process has it, or it cannot be read */
async function checkFolder(out: string, experiment: Experiment): Promise<Finding> {
  if ((await readIfThere(join(out, MANIFEST))) === null) {
    const entries = await readdir(out).catch(() => [])
    return entries.length === 0
      ? ok(`${out} is new`)
      : fail(`expected an empty folder, or one of this experiment, got ${out} with ${entries.length} entries`)
  }
  const { manifest, summary } = await readRun(out)
  if (manifest.experiment !== identityOf(withOwnLogs(experiment)).run)
    return fail(`${out} holds a run of another experiment, or of this one before it was changed`)
  if (summary !== null)
    return ok(`${out} holds a finished run of this experiment: nothing would be left to do`)
  const release = await lockRunFolder(out)
  await release()
  return ok(`${out} holds a run of this experiment that was stopped: it would go on`)
}
