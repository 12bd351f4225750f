/** What agents keep on a disk that refuses it. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { InputError, RunError } from '../errors.ts'
import { openAgentState } from './agent-state.ts'

const root = await mkdtemp(join(tmpdir(), 'fedrl-state-'))
afterAll(() => rm(root, { recursive: true }))

const RUN = 'ab'.repeat(32)

it("is one process's at a time, and is there again for the next", async () => {
  const folder = join(root, 'below', 'a')
  const state = await openAgentState(folder)
  await expect(openAgentState(folder)).rejects.toThrow(InputError)
  const journal = await state.journal(RUN)
  await journal.append([Uint8Array.of(1, 2)])
  await journal.close()
  await state.release()
  const again = await openAgentState(folder)
  const kept = await again.journal(RUN)
  expect((await kept.read()).map((record) => [...record])).toEqual([[1, 2]])
  await kept.close()
  await again.release()
})

it('a folder that cannot be written is told with its flag', async () => {
  await writeFile(join(root, 'file'), '')
  await expect(openAgentState(join(root, 'file', 'a'))).rejects.toThrow(
    /^--state: expected a folder that can be written, got .+file\/a: /,
  )
})

it('a journal that cannot be written is told in one line', async () => {
  const folder = join(root, 'b')
  const state = await openAgentState(folder)
  const journal = await state.journal(RUN)
  await mkdir(join(folder, 'abababababababab.journal.tmp'))
  const failing = journal.replace([Uint8Array.of(1)])
  await expect(failing).rejects.toThrow(RunError)
  await expect(failing).rejects.toThrow(/^cannot write .+abababababababab\.journal: /)
  await journal.close()
  await state.release()
})
