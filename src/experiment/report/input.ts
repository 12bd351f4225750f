/** What a report is made from. */
import type { Coverage } from '../../mdp/coverage.ts'
import type { Grid } from '../../mdp/mdp.ts'
import type { SampleTable } from '../../metrics/samples.ts'
import type { Chart } from '../../plot/chart.ts'
import type { TableRow } from '../claim.ts'
import type { Verdict } from '../claim/judge.ts'

/** One variant as the report shows it. */
export interface ReportVariant {
  readonly name: string
  /** what this variant sets, by path into the experiment file */
  readonly assignment: Readonly<Record<string, unknown>>
  /** of the first seed's problem; null where it is not known */
  readonly coverage: Coverage | null
  /** the greedy policy of the first seed on its grid world; null where the problem is none */
  readonly policy: {
    readonly grid: Grid
    /** [S] */ readonly action: ArrayLike<number>
    /** [S] */ readonly terminal: ArrayLike<number>
  } | null
  /** what the first seed learned, first agent where they learn alone; null where there is a picture or too much to read */
  readonly learned: LearnedTable | null
  /** what theory says of its settings; null where it says nothing */
  readonly advice: Advice | null
  /** of the first seed's problem, where agents have goals or dynamics of their own and the model is known; else null */
  readonly optimum: AgentsOptimum | null
  /** what a reader must know of its runs, in sentences */
  readonly notes: readonly string[]
}

/** What the best policies are worth, entropy bonus included. */
export interface AgentsOptimum {
  /** J* of the average problem; null where dynamics differ, so that the best common policy is not known */
  readonly common: number | null
  /** J_i* of each agent */
  readonly own: readonly number[]
  /** largest total variation distance of two agents' dynamics at a pair; 0 where they are shared */
  readonly dynamics: number
}

/** A table that is small enough to be read. */
export interface LearnedTable {
  readonly states: number
  readonly actions: number
  /** [S, A] */
  readonly q: Float64Array
  /** [S] 1 where no step is ever taken; null where that is not known */
  readonly terminal: ArrayLike<number> | null
}

/** What theory says of settings. */
export interface Advice {
  /** the accuracy that theory was asked for */
  readonly asked: string
  readonly sentences: readonly string[]
}

/** A rate that theory predicts for a metric: proportional to step^exponent. It is drawn beside the curves. */
export interface TheorySlope {
  readonly metric: string
  /** for the legend, e.g. 'theory: error ∝ T^-1/2 (Theorem 3)' */
  readonly name: string
  readonly exponent: number
}

/** What a published claim came to. */
export interface ReportClaim {
  readonly source: string
  readonly verdicts: readonly Verdict[]
  readonly table: readonly TableRow[]
  /** `name` is the file name without its ending */
  readonly figures: readonly { readonly name: string; readonly chart: Chart }[]
}

/** A federation, all its runs together. */
export interface ReportFederation {
  /** by index */
  readonly agents: readonly ReportAgent[]
  /** a run, (variant, seed), each */
  readonly runs: readonly {
    readonly name: string
    /** phases that closed */
    readonly closed: number
    /** of these: without somebody */
    readonly partial: number
  }[]
  /** phases that closed without somebody, or with a late Update; the first ones */
  readonly gaps: readonly {
    readonly run: string
    readonly round: number
    readonly phase: number
    /** names */
    readonly missing: readonly string[]
    readonly late: readonly string[]
  }[]
  /** such phases that are not in `gaps` */
  readonly moreGaps: number
}

/** An agent of a federation, all runs together. */
export interface ReportAgent {
  readonly name: string
  /** phases that its Update was folded in */
  readonly folded: number
  /** of these: with an Update that was late */
  readonly late: number
  /** phases that closed without it */
  readonly missed: number
  readonly sessions: number
  readonly receivedBytes: number
  readonly sentBytes: number
  /** Updates */
  readonly refused: number
}

/** Everything that a report is made from. */
export interface ReportInput {
  /** of the experiment, or the title of the claim */
  readonly name: string
  /** version of fedrl */
  readonly version: string
  /** sha256 of the resolved experiment, hex; several, by name, where a claim takes several experiments */
  readonly hashes: Readonly<Record<string, string>>
  /** the command line that does it again */
  readonly command: string
  readonly seeds: readonly number[]
  readonly variants: readonly ReportVariant[]
  /** of every variant; empty where only the claim is shown */
  readonly samples: SampleTable
  /** bound on max |Q* - the table that stands for it|, over the problems of all seeds; null where no model is known */
  readonly residual: number | null
  /** what is known of the truth, in a sentence, where the residual is not the whole of it; else null */
  readonly truth: string | null
  /** what `step` counts: 'steps per agent' */
  readonly stepName: string
  readonly slopes: readonly TheorySlope[]
  /** of the whole run, in sentences */
  readonly notes: readonly string[]
  readonly claim: ReportClaim | null
  /** who took part, where the run was a federation; else null */
  readonly federation: ReportFederation | null
  /** the resolved experiment as text, as it would be read again; null where there are several */
  readonly experiment: string | null
}
