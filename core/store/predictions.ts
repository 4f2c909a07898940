/** The theory's values for the metrics of a study, one per oracle, cell and replicate. */
import type { Prediction } from '#core/contract/studies.ts'
import { query, transact, type Readable, type Writable } from './statements.ts'

/** Its oracle's number says what it is of. */
export type StoredPrediction = Omit<Prediction, 'over'>

/** Writes predictions over those that are there. */
export function writePredictions(db: Writable, study: string, predictions: readonly StoredPrediction[]): void {
  transact(db, () => {
    for (const { metric, oracle, cell, replicate, value } of predictions) {
      query(
        db,
        `INSERT INTO predictions (study_id, metric, oracle, cell, replicate, value) VALUES (:study, :metric, :oracle, :cell, :replicate, :value)
          ON CONFLICT DO UPDATE SET value = excluded.value`,
      ).run({ study, metric, oracle, cell, replicate, value: Number.isNaN(value) ? null : value })
    }
  })
}

/** The predictions of a study. */
export function readPredictions(db: Readable, study: string): readonly StoredPrediction[] {
  const sql =
    'SELECT metric, oracle, cell, replicate, value FROM predictions WHERE study_id = :study ORDER BY metric, oracle, cell, replicate'
  return query<Omit<StoredPrediction, 'value'> & { readonly value: number | null }>(db, sql)
    .all({ study })
    .map((row) => ({ ...row, value: row.value ?? Number.NaN }))
}
