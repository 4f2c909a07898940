/** Gives the reader a file: the only way that works alike in a tab and in the desktop window. */
export function saveText(
  document: Document,
  { name, type, text }: { readonly name: string; readonly type: string; readonly text: string },
): void {
  const address = URL.createObjectURL(new Blob([text], { type }))
  const link = document.createElement('a')
  link.href = address
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(address), 10_000) // the download starts after this turn
}
