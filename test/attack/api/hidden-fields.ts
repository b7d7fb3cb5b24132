import type { Attack } from '../attack.ts'
import type { ApiWorld } from './world.ts'

/** Sorted by what is hidden, the order of rows that are not tells it. */
export const hiddenFields: Attack<ApiWorld> = {
  name: 'hidden fields',
  tries: 'finds out on which host and share server shares are, by sorting and filtering by it',
  async run({ ask, share }) {
    await share('attacker', { name: 'where am I' })
    const queries = [
      'sort_key=host',
      'sort_key=share_server_id',
      'sort_key=pool_id',
      'host=node@alpha%23p',
      'share_server_id=x',
      'is_public=true&sort_key=host&sort_dir=asc',
    ]
    const answers = await Promise.all(
      queries.flatMap((query) => ['/v2/shares', '/v2/shares/detail'].map((list) => ask(`${list}?${query}`))),
    )
    return {
      through: answers.some(({ status }) => status < 400),
      tried: `${answers.length} lists`,
      cameBack: [...new Set(answers.map(({ status }) => status))].join(' '),
    }
  },
}
