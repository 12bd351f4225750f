/** Features from files, and what is said of files that hold none. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { writeNpy } from '../../mdp/npy.ts'
import { readFeatureMatrix } from './feature-matrix.ts'

describe('readFeatureMatrix', () => {
  let folder = ''
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'fedrl-features-'))
  })
  afterAll(() => rm(folder, { recursive: true }))

  const read = async (name: string, content: string | Uint8Array, states: number): Promise<Float64Array> => {
    await writeFile(join(folder, name), content)
    return readFeatureMatrix(join(folder, name), states)
  }

  it('reads JSON and NumPy arrays', async () => {
    const matrix = Float64Array.of(1, 2.5, -3, 4, 0, 1e-3)
    expect(await read('phi.json', '[[1, 2.5, -3], [4, 0, 1e-3]]', 2)).toEqual(matrix)
    expect(await read('phi.npy', writeNpy(matrix, [2, 3]), 2)).toEqual(matrix)
  })

  it.each([
    ['[[1, 2]]', ':1:1: expected 2 rows, one for each state, got a list of 1'],
    ['{}', ':1:1: expected 2 rows, one for each state, got {}'],
    ['[[], []]', ':1:2: 0: expected a list of at least one feature, got a list of 0'],
    ['[[1, 2],\n [3]]', ':2:2: 1: expected 2 features as in the first row, got a list of 1'],
    ['[[1, 2], [3, "x"]]', ':1:14: 1.1: expected a finite number, got "x"'],
    ['[[1, 2], [3, 1e999]]', ':1:14: 1.1: expected a finite number, got Infinity'],
    ['[[1,', ': not valid JSON'],
  ])('refuses %s', async (text, message) => {
    const failure = await read('bad.json', text, 2).then(
      () => null,
      (error: unknown) => error,
    )
    expect(failure).toMatchObject({ name: 'InputError' })
    const told = failure instanceof Error ? failure.message : ''
    expect(told.replace(/^.*bad\.json(?::\d+:\d+(?=: not))?/, '')).toContain(message)
  })

  it('refuses arrays of other shapes and what is no number', async () => {
    await expect(read('phi.npy', writeNpy(new Float64Array(6), [3, 2]), 2)).rejects.toThrow(
      'expected an array of shape [2, F], got [3, 2]',
    )
    await expect(read('phi.npy', writeNpy(Float64Array.of(1, 2, 3, NaN), [2, 2]), 2)).rejects.toThrow(
      'expected finite numbers, got NaN at state 1',
    )
  })
})
