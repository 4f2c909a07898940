/** What a command's file gives to the command line. */
import type { Command } from 'commander'

/** What a command says of how it went: 0 success, 1 a failed run or check. */
export type Exit = 0 | 1
/** Adds a command to the program. */
export type Register = (program: Command, done: (exit: Exit) => void) => void
