import { spaced } from '../../spaced.ts'
import type { Words } from '../../index.ts'
import { actions, causes, details } from './causes.ts'
import { known, sentence } from './sentences.ts'
import { kinds, nouns, statuses, steps } from './statuses.ts'

/** Of what only newer releases say, the word of the wire. */
const of = (words: Readonly<Record<string, string>>, word: string): string | undefined =>
  Object.hasOwn(words, word) ? words[word] : undefined

export const service: Words['service'] = {
  status: (status) => of(statuses, status) ?? spaced(status),
  kind: (kind) => of(kinds, kind) ?? spaced(kind),
  step: (name) => of(steps, name) ?? spaced(name),
  noun: (type) => of(nouns, type.toLowerCase()) ?? spaced(type.toLowerCase()),
  cause: ({ code, message, detail_id = null }) =>
    (message === null || message === undefined ? undefined : known(message)) ??
    (detail_id === null || detail_id === '001' ? undefined : of(details, detail_id)) ??
    of(causes, code) ??
    message ??
    code,
  action: (id, said) => of(actions, id) ?? said,
  message({ action_id, detail_id, user_message }) {
    const why = user_message.slice(user_message.indexOf(': ') + 2)
    return {
      tried: of(actions, action_id) ?? 'Unbekannte Aktion',
      why: known(why) ?? (detail_id === null || detail_id === '001' ? why : (of(details, detail_id) ?? why)),
    }
  },
  sentence,
}
