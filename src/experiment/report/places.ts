/** Where the curve of each variant is drawn: few share one panel, many become small multiples. */
import { DISTINCT } from '../../plot/palette.ts'
import type { ReportVariant } from './input.ts'

/** The name that the legend shows and the panel, if there are several. */
export interface Place {
  readonly name: string
  readonly panel?: string
}

/** Most panels of one figure; further variants are not drawn. */
export const MOST_PANELS = 24

/**
 * The place of each drawn variant, by its name. Up to eight share one panel. More are split by what varies: panels for all keys but
 * the last, series for the last; where that gives too many of either, each variant has a panel of its own.
 */
export function placesOf(variants: readonly ReportVariant[]): ReadonlyMap<string, Place> {
  if (variants.length <= DISTINCT) return new Map(variants.map(({ name }) => [name, { name }]))
  const split = variants.map((variant) => [variant.name, splitPlace(variant.assignment)] as const)
  const names = new Set(split.map(([, { name }]) => name))
  const panels = new Set(split.map(([, { panel }]) => panel))
  if (names.size <= DISTINCT && panels.size > 1 && panels.size <= MOST_PANELS) return new Map(split)
  return new Map(
    variants
      .slice(0, MOST_PANELS)
      .map(({ name }) => [name, { name: 'the variant above the panel', panel: name }]),
  )
}

function splitPlace(assignment: Readonly<Record<string, unknown>>): Place {
  const settings = Object.entries(assignment).map(([path, value]) => shortSetting(path, value))
  return { name: settings.at(-1) ?? '', panel: settings.slice(0, -1).join(', ') }
}

/** A setting as short as it stays clear: the last key of its path, and its value. */
export function shortSetting(path: string, value: unknown): string {
  const key = path.split('.').at(-1) as string
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`
  return Object.entries(value)
    .map(([inner, part]) => shortSetting(inner, part))
    .join(' ')
}
