/**
 * One question to the workbench and its last answer. While an answer is under way, a newer question waits for it and replaces
 * any older one that waits: what is asked a thousand times a second is answered as often as the workbench can.
 */
import { shallowReadonly, shallowRef, type ShallowRef } from 'vue'
import { toProblem, type Problem } from '../client/problem.ts'

export type RequestState = 'empty' | 'loading' | 'failed' | 'full'

export type Request<Question, Answer> = {
  readonly state: Readonly<ShallowRef<RequestState>>
  readonly answer: Readonly<ShallowRef<Answer | null>>
  readonly problem: Readonly<ShallowRef<Problem | null>>
  /** Asks; ends when this question, or the newer one that replaced it, is answered. Never rejects. */
  ask(question: Question): Promise<void>
  /** Forgets the answer; an answer under way is dropped when it comes. */
  forget(): void
}

export function useRequest<Question, Answer>(call: (question: Question) => Promise<Answer>): Request<Question, Answer> {
  const state = shallowRef<RequestState>('empty')
  const answer = shallowRef<Answer | null>(null)
  const problem = shallowRef<Problem | null>(null)
  let waiting: { readonly question: Question } | null = null
  let running: Promise<void> | null = null
  let life = 0

  async function run(): Promise<void> {
    while (waiting !== null) {
      const { question } = waiting
      const begun = life
      waiting = null
      try {
        const value = await call(question)
        if (begun === life) settle(value, null)
      } catch (error) {
        if (begun === life) settle(null, toProblem(error))
      }
    }
    running = null
  }

  function settle(value: Answer | null, stopped: Problem | null): void {
    problem.value = stopped
    if (stopped === null) answer.value = value
    state.value = stopped === null ? 'full' : 'failed'
  }

  function ask(question: Question): Promise<void> {
    waiting = { question }
    if (answer.value === null) state.value = 'loading'
    running ??= run()
    return running
  }

  function forget(): void {
    life += 1
    waiting = null
    state.value = 'empty'
    answer.value = null
    problem.value = null
  }

  return { state: shallowReadonly(state), answer: shallowReadonly(answer), problem: shallowReadonly(problem), ask, forget }
}
