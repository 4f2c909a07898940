/** The small schemas that every part of the contract shares. */
import { z } from 'zod'

/** Text in both languages of the program. */
export const words = z.strictObject({ en: z.string().min(1), ja: z.string().min(1) })
export type Words = z.infer<typeof words>

export const languages = ['en', 'ja'] as const
export const language = z.enum(languages)
export type Language = z.infer<typeof language>

/** Any float64, NaN and ±∞ included: a measurement may be all of these, and zod's own `number` refuses them. */
export const real = z.custom<number>((value) => typeof value === 'number', { error: 'expected a number' })

/** A float64 array; it crosses every transport unchanged (see wire.ts). */
export const float64Array = z.custom<Float64Array>((value) => value instanceof Float64Array, { error: 'expected a Float64Array' })

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

/** A JSON value: what a level of a factor may be. */
export const json: z.ZodType<Json> = z.lazy(() =>
  z.union([z.null(), z.boolean(), z.number(), z.string(), z.array(json), z.record(z.string(), json)]),
)

/** A value of a parsed schema as the JSON that it crosses to another process or a hash as: fields that are undefined are left out. */
export function asJson(value: unknown): Json {
  return JSON.parse(JSON.stringify(value)) as Json // what JSON.parse gives is JSON
}

/** An id made by the program: a study's is the start of its hash, a run's is made of its study, cell and replicate. */
export const id = z.string().regex(/^[a-z0-9][a-z0-9.-]{0,119}$/)

export const sha256 = z.string().regex(/^[0-9a-f]{64}$/)
export const unixMs = z.number().int().nonnegative()
export const count = z.number().int().nonnegative()
