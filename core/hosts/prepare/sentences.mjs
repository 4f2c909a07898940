// What the starter says. Its lines go to stderr, always: stdout belongs to the command (`--json`, pipes).

/** A start that cannot go on: its sentence, and the exit status that says so. */
export class Unprepared extends Error {
  /** @param {string} sentence @param {number} [status] */
  constructor(sentence, status = 1) {
    super(sentence)
    this.status = status
  }
}

/** Writes one line of the starter. @param {string} sentence */
export function say(sentence) {
  process.stderr.write(`${sentence}\n`)
}
