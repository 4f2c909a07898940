/** Which rows of a long table are on the screen, with a few around them so that scrolling meets no hole. */
export type RowWindow = { readonly first: number; readonly last: number } // last is the first row that is not shown

const around = 10

export function rowWindow(table: {
  readonly total: number
  readonly rowHeight: number
  readonly top: number
  readonly height: number
}): RowWindow {
  const { total, rowHeight, top, height } = table
  const first = Math.max(0, Math.floor(top / rowHeight) - around)
  const last = Math.min(total, Math.ceil((top + height) / rowHeight) + around)
  return { first: Math.min(first, last), last }
}
