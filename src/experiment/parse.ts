/** From the text of an experiment file to an experiment: flags applied, the grid expanded, every variant validated. */
import type { Issue, Result } from '../numeric/result.ts'
import { getIn, type Path, same, startsWith } from './data.ts'
import { expected, isRecord } from './expect.ts'
import { agentsOf, type Experiment } from './experiment.ts'
import { absolutePaths, resolvedDocument } from './document.ts'
import { applyFlags, type Flag } from './flags.ts'
import { zodIssues } from './issues.ts'
import { fileSchema } from './schema.ts'
import { participationIssues } from './participation.ts'
import { parseYaml, type Source } from './source.ts'
import { tidy, variantsOf } from './variants.ts'
import { cellCount, MOST_CELLS, type Vary, varyIssues } from './vary.ts'

/** How a file is read. */
export interface ParseOptions {
  /** the folder that relative paths refer to, absolute */
  readonly folder: string
  /** of an experiment that states none */
  readonly name?: string
  /** `path=value`, the value as YAML: set over what the file says */
  readonly set?: readonly string[]
  /** instead of the file's seeds: a count `5`, a list `1,2,7` or a range `3..8` */
  readonly seeds?: string
  /** carry out grids above {@link MOST_CELLS} variants */
  readonly yes?: boolean
}

/** The name of an experiment that has none of its own and none of a file. */
const NAMELESS = 'experiment'

/** No more issues than this are reported: one mistake can show in every cell of a grid. */
const MOST_ISSUES = 10

/**
 * The experiment that a file describes, or what is wrong with it, each issue with its line and column.
 * Settings of the grid are validated variant by variant, so a section may be incomplete where `vary` completes it.
 */
export function parseExperiment(text: string, options: ParseOptions): Result<Experiment> {
  const source = parseYaml(text)
  if (!source.ok) return source
  if (!isRecord(source.value.data))
    return failure([
      { path: [], message: expected('a mapping')({ input: source.value.data ?? null }), line: 1, column: 1 },
    ])
  const flagged = applyFlags(source.value.data, options)
  if (!flagged.ok) return flagged
  const { data, flags } = flagged.value
  const file = fileSchema.safeParse(absolutePaths(data, options.folder))
  const place = (issue: Issue): Issue => placed(issue, data, source.value, flags)
  if (!file.success) return failure(tidy(zodIssues(file.error), data).map(place))
  const { name = options.name ?? NAMELESS, seeds, vary, participation, ...base } = file.data
  // the schema drops a key named __proto__, which would then be without effect and untold
  const grid = gridIssues((getIn(data, ['vary']) ?? {}) as Vary, options.yes ?? false)
  if (grid.length > 0) return failure(grid.map(place))
  const variants = variantsOf(base, vary)
  if (!variants.ok) return failure(variants.issues.map(place))
  const sizes = variants.value.map(({ settings }) => agentsOf(settings))
  const unfit = participationIssues(participation, sizes)
  if (unfit.length > 0) return failure(unfit.map(place))
  const document = resolvedDocument({ ...file.data, name }, variants.value)
  const experiment = { name, seeds, variants: variants.value, document, folder: options.folder }
  return { ok: true, value: participation === undefined ? experiment : { ...experiment, participation } }
}

function failure(issues: readonly Issue[]): { ok: false; issues: readonly Issue[] } {
  const rest = issues.length - MOST_ISSUES
  if (rest <= 0) return { ok: false, issues }
  return { ok: false, issues: [...issues.slice(0, MOST_ISSUES), { path: [], message: `and ${rest} more` }] }
}

function gridIssues(vary: Vary, yes: boolean): Issue[] {
  const count = cellCount(vary)
  if (count > MOST_CELLS && !yes)
    return [
      {
        path: ['vary'],
        message: `makes ${count} variants, more than ${MOST_CELLS}: say --yes if this is what you want`,
      },
    ]
  return varyIssues(vary)
}

/** The issue with its line and column, or with the flag that it comes from. */
function placed(issue: Issue, data: unknown, source: Source, flags: readonly Flag[]): Issue {
  const differs = (path: Path): boolean => !same(getIn(source.data, path), getIn(data, path))
  // what is missing from a mapping that a flag has put in place of something else
  const madeBy = ({ path }: Flag): boolean => {
    const parent = issue.path.slice(0, -1)
    return startsWith(path, parent) && !isRecord(getIn(source.data, parent))
  }
  const flag = flags.find(
    (each) =>
      (startsWith(issue.path, each.path) && differs(each.path)) ||
      (startsWith(each.path, issue.path) && differs(issue.path)) ||
      madeBy(each),
  )
  if (flag !== undefined) return { ...issue, message: `${issue.message} (from ${flag.text})` }
  return { ...issue, ...source.placeOf(issue.path) }
}
