/** What an installation tells while it works. */
export const steps = ['find', 'fetch', 'unpack', 'compile', 'prove', 'keep'] as const
export type Step = (typeof steps)[number]

/** `done` of `total` bytes where a step moves bytes; 0 of 0 elsewhere. */
export type Progress = { readonly step: Step; readonly done: number; readonly total: number }
