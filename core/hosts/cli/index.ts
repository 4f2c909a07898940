/** The entry of the command line: checks the Node before anything native is imported, then runs. */
const [major = 0] = process.versions.node.split('.').map(Number)
if (major < 24) {
  process.stderr.write(`kagami: expected Node 24 or newer, got ${process.versions.node}\n`) // better-sqlite3 crashes on older ones instead of refusing
  process.exit(1)
}
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0) // `kagami runs P | head` has seen enough
  process.stderr.write(`kagami: stdout: expected a place that can be written, got ${error.code ?? error.message}\n`)
  process.exit(1)
})
const { main } = await import('./main.ts')
process.exitCode = await main(process.argv.slice(2))
