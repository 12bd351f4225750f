import { existsSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { outcomeOf } from '../experiment/report/words.ts'
import type { Io } from './io.ts'
import { CLAIMS, reproduce } from './reproduce.ts'

/** An Io that keeps what it is given. */
function listener(): { readonly io: Io; readonly heard: { document: unknown; text: string } } {
  const heard = { document: undefined as unknown, text: '' }
  const io: Io = {
    json: false,
    interactive: false,
    signal: new AbortController().signal,
    result(document, text) {
      heard.document = document
      heard.text = text()
    },
    note() {},
  }
  return { io, heard }
}

describe('reproduce', () => {
  it.each([undefined, 'list'])('without an id, or with list, lists the claims', async (id) => {
    const { io, heard } = listener()
    await reproduce(id, {}, io)
    const ids = (heard.document as { claims: { id: string }[] }).claims.map((claim) => claim.id)
    expect(ids).toEqual([
      'woo-fig3',
      'woo-fig4',
      'woo-fig5',
      'woo-speedup',
      'woo-coverage',
      'woo-communication',
      'zhu-bias',
      'zhu-average-mdp',
      'zhu-dynamics',
      'zhu-speedup',
      'zhu-local-steps',
    ])
    expect(heard.text.split('\n')).toHaveLength(11)
  })

  it('every claim bears the id it is called by', async () => {
    for (const [id, load] of Object.entries(CLAIMS)) expect((await load()).claim.id).toBe(id)
  })

  it('names the nearest claim', async () => {
    await expect(reproduce('woo-fg3', {}, listener().io)).rejects.toThrow(
      /expected one of woo-fig3, .*got woo-fg3, did you mean "woo-fig3"\?/,
    )
    await expect(reproduce('toString', {}, listener().io)).rejects.toThrow('expected one of')
    await expect(reproduce('woo-fig3', { threads: 'x' }, listener().io)).rejects.toThrow('--threads')
  })

  it('says in one line what came out', () => {
    const verdicts = (['holds', 'does not hold', 'undecided', 'undecided'] as const).map((verdict) => ({
      claim: '',
      verdict,
      evidence: '',
    }))
    expect(outcomeOf(verdicts)).toBe('1 of 4 claims hold, 1 does not hold, 2 are undecided')
    expect(outcomeOf(verdicts.slice(0, 1))).toBe('1 of 1 claims hold')
  })

  it('carries out woo-fig5 with few seeds: table, verdicts and report', async () => {
    const out = join(mkdtempSync(join(tmpdir(), 'fedrl-reproduce-')), 'run')
    const { io, heard } = listener()
    await reproduce('woo-fig5', { quick: true, out }, io)
    const { id, verdicts, table, report } = heard.document as {
      id: string
      verdicts: { verdict: string }[]
      table: { published: number | null }[]
      report: string
    }
    expect(id).toBe('woo-fig5')
    // Ten seeds are enough for what differs this much; the spread of ten draws decides only what lies within.
    expect(verdicts[0]?.verdict).toBe('holds')
    expect(table).toHaveLength(24)
    expect(table.every(({ published }) => published !== null)).toBe(true)
    expect(report).toBe(join(out, 'report.html'))
    expect(existsSync(report)).toBe(true)
    expect(heard.text).toContain('HOLDS: initial perAgent: the error of equal averaging rises with tau')
    const lines = heard.text.split('\n')
    expect(lines[3]).toMatch(/^\d of 7 claims hold/)
    expect(lines.slice(-2)).toEqual([lines[3], `report: ${report}`])
    // The reading of the first tables that the figures fit; the other is in the report.
    expect(heard.text).toContain('initial perAgent, equal, tau = 100')
    expect(heard.text).not.toContain('initial shared, equal, tau = 100')
    expect(heard.text).toContain('and 12 more in the report')
  })
})
