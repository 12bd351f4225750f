/** `fedrl verify`: repeats a finished run and says whether the bytes agree. */
import { RunError } from '../experiment/errors.ts'
import { verifyRun, type Verdict } from '../experiment/federated/verify.ts'
import type { Brought } from '../experiment/federated/q-agent.ts'
import type { Io } from './io.ts'

/** The flags of `fedrl verify`, as typed. */
export interface VerifyFlags {
  readonly logs?: string
  readonly modules?: string
}

/** Carries the command out. */
export async function verify(run: string, { logs, modules }: VerifyFlags, io: Io): Promise<void> {
  const verdicts: Verdict[] = []
  const [ofLogs, ofModules] = [pathsIn(logs), pathsIn(modules)]
  const brought = Array.from({ length: Math.max(ofLogs.length, ofModules.length) }, (_, agent): Brought => {
    const [log = '', module = ''] = [ofLogs[agent], ofModules[agent]]
    return { ...(log !== '' && { log }), ...(module !== '' && { module }) }
  })
  await verifyRun(run, { brought, signal: io.signal }, (verdict) => verdicts.push(verdict))
  const differ = verdicts.filter(({ outcome }) => outcome === 'differs').length
  const unknown = verdicts.filter(({ outcome }) => outcome === 'unknown').length
  io.result({ run, verdicts, same: differ === 0 && unknown === 0 }, () =>
    verdicts.map((verdict) => lineOf(verdict)).join('\n'),
  )
  if (differ > 0) throw new RunError(`${differ} of ${verdicts.length} differ from what was repeated`)
  if (unknown > 0) throw new RunError(`${unknown} of ${verdicts.length} cannot be repeated here`)
}

const pathsIn = (list: string | undefined): string[] => list?.split(',') ?? []

function lineOf({ variant, seed, outcome, reason, model, rows }: Verdict): string {
  const what = `variant ${variant}, seed ${seed}:`
  if (model === null || rows === null) return `${what} cannot be repeated: ${reason}`
  if (outcome === 'same') return `${what} the same bytes, model ${model.again}, rows ${rows.again}`
  const parts = [
    ...(model.recorded === model.again
      ? []
      : [`model ${model.recorded ?? 'missing'}, repeated ${model.again}`]),
    ...(rows.recorded === rows.again ? [] : [`rows ${rows.recorded ?? 'missing'}, repeated ${rows.again}`]),
    ...(reason === '' ? [] : [reason]),
  ]
  return `${what} differs: ${parts.join('; ')}`
}
