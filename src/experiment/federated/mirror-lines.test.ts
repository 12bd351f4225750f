import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { memoryBroker, memoryMirror } from '../../../test/memory-mirror.ts'
import { TransportError } from '../../transport.ts'
import { writeAtomically } from '../disk.ts'
import { parseExperiment } from '../parse.ts'
import { mirroredFolder } from './mirror.ts'

const out = mkdtempSync(join(tmpdir(), 'fedrl-lines-'))
afterAll(() => rmSync(out, { recursive: true }))

it('lines of a record that could not go with another file go with their checkpoint', async () => {
  const parsed = parseExperiment(
    'environment: { family: two-state, actions: 2, discount: 0.9 }\nagents: { count: 2 }\nalgorithm: { name: fed-asyn-q, averaging: equal, stepSize: 0.1, syncPeriod: 5, steps: 10 }\n',
    { folder: out, name: 'q' },
  )
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues))
  const broker = memoryBroker()
  const mirror = memoryMirror(broker, 'a')
  let isFull = false
  const folder = await mirroredFolder(parsed.value, {
    mirror: {
      ...mirror,
      async write(changes) {
        if (!isFull) return mirror.write(changes)
        await new Promise((resolve) => setTimeout(resolve, 20))
        throw new TransportError('no room')
      },
    },
    out,
    isBegun: false,
    run: 'x',
    session: 'one',
    write: writeAtomically,
    onNote: () => undefined,
  })
  if (folder === null) throw new Error('expected a folder')
  await folder.begun(out)
  const [record, checkpoint] = ['federation/records/0-1.jsonl', 'federation/checkpoints/0-1.a.checkpoint']
  folder.record.lines(join(out, record), 0, new Uint8Array([1, 2]))
  isFull = true
  const traffic = folder.write(join(out, 'federation/traffic.csv'), [new Uint8Array([9])])
  const failed = traffic.catch((error: unknown) => error)
  // there is room again before it is known that there was none
  await new Promise((resolve) => setTimeout(resolve, 5))
  isFull = false
  await folder.record.checkpoint(join(out, checkpoint), new Uint8Array([7]))
  expect(await failed).toMatchObject({ message: expect.stringContaining('no room') })
  expect(broker.files.get(record)).toEqual(new Uint8Array([1, 2]))
  expect(broker.files.get(checkpoint)).toEqual(new Uint8Array([7]))
})
