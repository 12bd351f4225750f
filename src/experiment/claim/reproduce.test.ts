import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { allPositive, drawMeans, drawsAt, excess, partOf, pointsOf, samplesAt, tableRow } from '../claim.ts'
import type { Claim } from '../claim.ts'
import { RunError } from '../errors.ts'
import type { Progress } from '../progress.ts'
import { reproduceClaim } from './reproduce.ts'
import { version } from '../version.ts'

const FILE = `
name: tiny
environment: { family: two-state, actions: 2, discount: 0.5 }
agents: { count: 2, behavior: one-action }
algorithm: { name: fed-asyn-q, stepSize: 0.2, syncPeriod: 5, steps: 200, initial: perAgent }
seeds: 8
evaluate: { every: 10, metrics: [error] }
vary: { algorithm.averaging: [equal, importance] }
`

const equal = { 'algorithm.averaging': 'equal' }

/** Learning makes the error smaller; the draws are frozen; coverage is known. */
const claim: Claim = {
  id: 'tiny',
  title: 'the error falls',
  source: 'this test',
  parts: [
    { name: 'curves', file: 'experiment.yaml', quickSeeds: 4, coverage: true },
    { name: 'draws', file: 'experiment.yaml', quickSeeds: 4, draws: { full: 3, quick: 2, trajectories: 2 } },
  ],
  notes: ['a note'],
  judge(measured, { series }) {
    const curves = partOf(measured, 'curves')
    const [early, late] = [samplesAt(curves, equal, 'error', 10), samplesAt(curves, equal, 'error', 200)]
    const draws = drawMeans(drawsAt(partOf(measured, 'draws'), equal, 'error', 200))
    return {
      table: [
        tableRow('error', late, pointsOf(series, 'equal')[0]?.[1] ?? null, draws),
        tableRow('C_het', samplesAt(curves, equal, 'cHet')),
      ],
      verdicts: [allPositive('the error falls', [excess('10 to 200', early, late)])],
      figures: [
        {
          name: 'errors',
          chart: {
            title: 't',
            xLabel: 'x',
            yLabel: 'y',
            series: [{ name: 'draws', points: draws.map((y, x) => ({ x, y })) }],
          },
        },
      ],
    }
  },
}

function claimFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'fedrl-claim-'))
  writeFileSync(join(folder, 'experiment.yaml'), FILE)
  writeFileSync(
    join(folder, 'published.json'),
    JSON.stringify({ source: 's', series: { equal: [[200, 0.1]] } }),
  )
  return folder
}

const outFolder = (): string => join(mkdtempSync(join(tmpdir(), 'fedrl-out-')), 'run')

describe('reproduceClaim', () => {
  it('carries out the parts, judges them and writes a report', async () => {
    const out = outFolder()
    const heard: Progress[] = []
    const result = await reproduceClaim(claim, claimFolder(), {
      out,
      onProgress: (progress) => heard.push(progress),
    })
    expect(result.judged.verdicts[0]?.verdict).toBe('holds')
    expect(result.judged.table[0]).toMatchObject({ quantity: 'error', published: 0.1 })
    // Two agents with an action each: the pair of one has half of its mass on average.
    expect(result.judged.table[1]?.ours.value).toBeCloseTo(2, 9)
    expect(result.agentSteps).toBe(2 * 200 * (2 * 8 + 2 * 3 * 2))
    expect(heard.at(-1)).toMatchObject({ trials: 28, trialsDone: 28, steps: 11_200, stepsDone: 11_200 })
    const html = readFileSync(join(out, 'report.html'), 'utf8')
    expect(html).toContain('the error falls')
    expect(html).toContain('a note')
    expect(existsSync(join(out, 'figures', 'errors.svg'))).toBe(true)
    expect(existsSync(join(out, 'curves', 'rows.csv'))).toBe(true)
    expect(JSON.parse(readFileSync(join(out, 'verdicts.json'), 'utf8'))).toMatchObject({
      id: 'tiny',
      fedrl: version,
      notes: ['a note'],
    })
    const { parts } = JSON.parse(readFileSync(join(out, 'verdicts.json'), 'utf8')) as { parts: unknown[] }
    expect(parts).toHaveLength(2)
    for (const part of parts)
      expect(part).toMatchObject({ sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string })
  })

  it('gives the same bytes twice', async () => {
    const [a, b] = [outFolder(), outFolder()]
    await reproduceClaim(claim, claimFolder(), { out: a, quick: true })
    await reproduceClaim(claim, claimFolder(), { out: b, quick: true })
    for (const name of ['report.html', 'verdicts.json', 'curves/rows.csv']) {
      expect(readFileSync(join(a, name), 'utf8')).toBe(readFileSync(join(b, name), 'utf8'))
    }
  })

  it('says what fewer seeds cannot decide', async () => {
    const { judged, notes } = await reproduceClaim(claim, claimFolder(), { out: outFolder(), quick: true })
    expect(judged.verdicts[0]?.verdict).toBe('undecided')
    expect(notes[0]).toContain('curves: 4 seeds, draws: 2 frozen draws')
    expect(notes[0]).toContain('They cannot decide: the error falls.')
  })

  it('refuses a folder that is not empty or not there to be made', async () => {
    const folder = claimFolder()
    await expect(reproduceClaim(claim, folder, { out: folder })).rejects.toThrow(
      '--out: expected an empty folder',
    )
    const below = join(folder, 'published.json', 'x')
    await expect(reproduceClaim(claim, folder, { out: below })).rejects.toThrow(
      /--out: expected a folder that can be written.*not a folder/,
    )
  })

  it('stops when it is asked to', async () => {
    const stop = AbortSignal.abort()
    await expect(
      reproduceClaim(claim, claimFolder(), { out: outFolder(), signal: stop }),
    ).rejects.toMatchObject({ name: 'Interrupted' })
  })

  it('a part that fails is told with what to do for a verdict, not with how to resume the part', async () => {
    const out = outFolder()
    const blocked = join(out, 'curves', 'report.html')
    const error: unknown = await reproduceClaim(claim, claimFolder(), {
      out,
      onProgress: () => mkdirSync(blocked, { recursive: true }),
    }).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(RunError)
    expect((error as RunError).message).toMatch(
      /^cannot write .*report\.html: .*\nto judge the claim, start again: fedrl reproduce tiny$/,
    )
  })
})
