/** One step of the schema, from the version before it. A released one is never edited. */
export type Migration = { readonly version: number; readonly name: string; readonly sql: string }
