/** Results as text: aligned columns, numbers in four figures. */
import { isOfOneAgent } from '../experiment/report/words.ts'
import type { MetricSummary, VariantSummary } from '../experiment/summary.ts'

/** More variants than these are not listed. */
const MOST_VARIANTS = 40

/** A number in four figures, without trailing zeros: '0.1235', '1.235e-7'. */
export const figure = (value: number | null): string =>
  value === null ? 'not finite' : String(Number(value.toPrecision(4)))

/** '0.5 [0.4, 0.6]'; the number alone where the interval is a point. */
export const withInterval = ({ mean, low, high }: MetricSummary): string =>
  low === high ? figure(mean) : `${figure(mean)} [${figure(low)}, ${figure(high)}]`

/** Rows of cells as lines of aligned columns, two spaces apart. */
export function alignColumns(rows: readonly (readonly string[])[]): string {
  const columns = Math.max(0, ...rows.map(({ length }) => length))
  const widths = Array.from({ length: columns }, (_, i) =>
    Math.max(...rows.map((row) => (row[i] ?? '').length)),
  )
  return rows
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i] as number))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

/** One line a variant, one column a metric, but for those of single agents: the mean at the last evaluation and its 95 % interval over seeds. */
export function resultsTable(variants: readonly VariantSummary[]): string {
  const metrics = [...new Set(variants.flatMap((variant) => Object.keys(variant.metrics)))].filter(
    (metric) => !isOfOneAgent(metric),
  )
  const shown = variants.slice(0, MOST_VARIANTS)
  const cell = (summary: MetricSummary | undefined): string =>
    summary === undefined ? '' : withInterval(summary)
  const rows = shown.map(({ name, metrics: values }) => [
    name,
    ...metrics.map((metric) => cell(values[metric])),
  ])
  const table = alignColumns([['variant', ...metrics], ...rows])
  const rest = variants.length - shown.length
  return rest === 0 ? table : `${table}\nand ${rest} more variants in summary.json`
}

/** The notes of all variants; those that several share stand once. */
export function notesText(variants: readonly VariantSummary[]): string {
  const owners = new Map<string, string[]>()
  for (const { name, notes } of variants)
    for (const note of notes) owners.set(note, [...(owners.get(note) ?? []), name])
  return [...owners]
    .map(([note, names]) =>
      names.length === variants.length
        ? `note: ${note}`
        : `note (${names.length === 1 ? names[0] : `${names.length} variants`}): ${note}`,
    )
    .join('\n')
}
