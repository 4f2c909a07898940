import { describe, expect, test } from 'vitest'
import { Refusal } from '#core/contract/errors.ts'
import { settle } from '../testing/page.ts'
import { useRequest } from './useRequest.ts'

/** A workbench that answers when it is told to. */
function slow() {
  const asked: { readonly question: number; answer(): void; refuse(): void }[] = []
  const call = (question: number): Promise<string> =>
    new Promise((resolve, reject) =>
      asked.push({
        question,
        answer: () => resolve(`answer ${question}`),
        refuse: () => reject(new Refusal('conflict', `refused ${question}`)),
      }),
    )
  return { asked, request: useRequest(call) }
}

describe('a request', () => {
  test('of the questions that wait only the newest is asked', async () => {
    const { asked, request } = slow()
    for (const question of [1, 2, 3, 4]) void request.ask(question)
    asked[0]?.answer()
    await settle()
    expect(asked.map(({ question }) => question)).toEqual([1, 4])
    asked[1]?.answer()
    await settle()
    expect(request.answer.value).toBe('answer 4')
  })

  test('a refusal keeps the last answer and gives its sentence; the next answer clears it', async () => {
    const { asked, request } = slow()
    void request.ask(1)
    asked[0]?.answer()
    await settle()
    void request.ask(2)
    asked[1]?.refuse()
    await settle()
    expect([request.state.value, request.answer.value, request.problem.value?.message]).toEqual(['failed', 'answer 1', 'refused 2'])
    void request.ask(3)
    asked[2]?.answer()
    await settle()
    expect([request.state.value, request.answer.value, request.problem.value]).toEqual(['full', 'answer 3', null])
  })

  test('what was forgotten does not come back with a late answer', async () => {
    const { asked, request } = slow()
    void request.ask(1)
    request.forget()
    asked[0]?.answer()
    await settle()
    expect([request.state.value, request.answer.value]).toEqual(['empty', null])
  })

  test('an error that is no refusal means that nobody answered', async () => {
    const request = useRequest(() => Promise.reject(new TypeError('Failed to fetch')))
    await request.ask(undefined)
    expect(request.problem.value?.code).toBe('unreachable')
  })
})
