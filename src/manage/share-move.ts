/** `share move`: from a backend whose clients must trust one another to one that keeps them apart. */
import { columns } from './columns.ts'
import { withStore } from './database.ts'
import { Usage, type Verb } from './verb.ts'

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
const pool = /^[A-Za-z0-9._-]{1,255}@[A-Za-z0-9_-]{1,60}#[A-Za-z0-9._-]{1,64}$/

export const shareMove: Verb = {
  name: 'share move',
  summary: 'copy a share into another backend of this host, and compare',
  help: `For shares of a backend that can't keep clients apart (btrfs, directory) that should go on in one that can (image). Stop the manila-share of
both backends first: other shares are served on meanwhile, this one is not. Every byte, owner, mode, time, link and attribute is copied and compared; only then the share belongs to
the new backend, with a new export location, and its access rules are put on when manila-share starts again. Clients mount it anew. The old copy stays in
the old pool as an administrator's directory, to be removed by hand. A share with snapshots is refused. Without --apply it says what it would do; cut short,
it may be run again.`,
  operands: ['SHARE_ID'],
  options: [
    { name: 'to', value: 'HOST@BACKEND#POOL', help: 'the pool it goes to' },
    { name: 'apply', help: 'do it' },
  ],
  run: ({ operands: [shareId = ''], options: { to = '', apply = false }, settings: load, world }) => {
    if (!uuid.test(shareId)) throw new Usage('SHARE_ID is the id of a share')
    if (!pool.test(to)) throw new Usage('--to is HOST@BACKEND#POOL')
    const settings = load()
    return withStore(settings, 'current', async (store) => {
      const moved = await world.moveShare({ store, settings }, { shareId, to, apply })
      const end = apply ? 'copied, compared and moved' : 'nothing was changed; say --apply'
      const table = columns(['SHARE', 'FROM', 'TO'], [[shareId, moved.from, moved.to]])
      return { code: 0, data: { share: shareId, ...moved }, text: `${table}${end}\n` }
    })
  },
}
