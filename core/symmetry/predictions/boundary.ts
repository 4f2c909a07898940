/**
 * Where the theory changes its mind: a number whose sign says whether what is trained ends in its collapsed solution.
 *
 *   > 0: a generic start (u ≠ ±w, of size .3 to 1) ends where everything is zero, or on the mirror that a constraint asks for;
 *   < 0: it ends somewhere else;   NaN: the theory says nothing.
 *
 * The line along which it is 0, drawn over two settings of a study, is the boundary of a phase diagram. It is not the prediction: that is what a run becomes, this
 * is only on which side it lies. Where the theory has a vector, this is ≥ 0 exactly where all of the vector is zero.
 */
import type { Words } from '#core/contract/values.ts'
import type { Part } from '#core/learning/data/data.ts'
import type { Trained } from './prediction.ts'

export type Boundary = {
  readonly kind: string
  readonly number: string // of the closed form in the handbook
  readonly title: Words
  speaksOf(trained: Trained): boolean
  /**
   * Reads the data once and is asked often: with what is trained it gives the criterion, of any unit.
   */
  criterionOn(data: Part): (trained: Trained) => number
}
