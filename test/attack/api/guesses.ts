/** Attacks on passwords: guessing one, and keeping somebody out by guessing. */
import type { Attack } from '../attack.ts'
import { counted, logIn, newAccount, send, type Reply } from './strangers.ts'
import type { ApiWorld } from './world.ts'

const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i)

const compared = (replies: readonly Reply[]): number =>
  replies.filter(({ status }) => status === 401 || status < 300).length

export const guessesTogether: Attack<ApiWorld> = {
  name: 'guesses sent together',
  tries: 'sends sixty guesses at once, so that all are compared before the first has failed',
  async run(world) {
    const { name, userId } = await newAccount(world, 'guessed-at-once')
    const from = '127.0.1.1'
    const replies = await Promise.all(
      range(60).map((i) =>
        i % 2 === 0
          ? logIn(world, { name }, `guess ${i}`, { from })
          : logIn(world, { id: userId }, `guess ${i}`, { from }),
      ),
    )
    return {
      through: compared(replies) > 5,
      tried: '60 guesses, by name and by id',
      cameBack: counted(replies),
    }
  },
}

export const guessesByTheSideDoor: Attack<ApiWorld> = {
  name: 'guesses where passwords are changed',
  tries: 'goes on guessing at the open route that changes a password, when logging in is locked',
  async run(world) {
    const { name, userId, password } = await newAccount(world, 'guessed-by-change')
    const from = '127.0.1.2'
    const change = (original: string): Promise<Reply> =>
      send(world, `/identity/v3/users/${userId}/password`, {
        from,
        method: 'POST',
        body: { user: { original_password: original, password: 'taken over' } },
      })
    const replies: Reply[] = []
    for (const i of range(4)) replies.push(await logIn(world, { name }, `guess ${i}`, { from }))
    for (const i of range(4)) replies.push(await change(`guess ${i}`))
    replies.push(await change(password))
    return { through: compared(replies) > 5, tried: '4 logins, 5 changes', cameBack: counted(replies) }
  },
}

export const forgedAddress: Attack<ApiWorld> = {
  name: 'another address each time',
  tries: 'names itself differently in X-Forwarded-For with each guess',
  async run(world) {
    const { name } = await newAccount(world, 'guessed-from-everywhere')
    const replies: Reply[] = []
    for (const i of range(20)) {
      const lie = `198.51.100.${i}`
      const headers = { 'x-forwarded-for': lie, forwarded: `for=${lie}`, 'x-real-ip': lie }
      replies.push(await logIn(world, { name }, `guess ${i}`, { from: '127.0.1.3', headers }))
    }
    return { through: compared(replies) > 5, tried: '20 guesses', cameBack: counted(replies) }
  },
}

export const lockOut: Attack<ApiWorld> = {
  name: 'locking somebody out',
  tries: 'fails on purpose at the account of another, from one address and from many',
  async run(world) {
    const { name, password } = await newAccount(world, 'locked-out')
    const home = { from: '127.0.2.1' }
    const first = await logIn(world, { name }, password, home)
    for (const i of range(11)) {
      for (const k of range(6)) await logIn(world, { name }, `guess ${k}`, { from: `127.0.2.${100 + i}` })
    }
    const atHome = await logIn(world, { name }, password, home)
    const away = await logIn(world, { name }, password, { from: '127.0.2.2' })
    const waits = Number(away.headers['retry-after'] ?? 0)
    return {
      through:
        first.status !== 201 || atHome.status !== 201 || (away.status !== 201 && !(waits > 0 && waits <= 10)),
      tried: '66 failures from 11 addresses',
      cameBack: `the owner from where he was: ${atHome.status}, from elsewhere: ${away.status}${waits > 0 ? ` for ${waits} s` : ''}`,
    }
  },
}

export const whoExists: Attack<ApiWorld> = {
  name: 'who exists',
  tries: 'tells names and ids that somebody has from others by what guesses are answered',
  async run(world) {
    const { name, userId } = await newAccount(world, 'looked-for')
    const told = async (user: { name: string } | { id: string }, from: string): Promise<string> => {
      const answers: string[] = []
      for (const i of range(8)) {
        const { status, headers, text } = await logIn(world, user, `guess ${i}`, { from })
        answers.push(`${status} ${headers['retry-after'] === undefined ? '' : 'later '}${text}`)
      }
      return answers.join('\n')
    }
    const byName = [await told({ name }, '127.0.3.1'), await told({ name: 'not-there' }, '127.0.3.2')]
    const byId = [await told({ id: userId }, '127.0.3.3'), await told({ id: 'f'.repeat(32) }, '127.0.3.4')]
    return {
      through: byName[0] !== byName[1] || byId[0] !== byId[1],
      tried: '8 guesses each at 2 names and 2 ids',
      cameBack: byName[0] === byName[1] && byId[0] === byId[1] ? 'the same' : 'something else',
    }
  },
}

export const pilingUp: Attack<ApiWorld> = {
  name: 'piling up failed logins',
  tries: 'logs in under five hundred made-up names, each of which leaves rows behind',
  async run(world) {
    const rows = (): Promise<number> =>
      world.service.store.db
        .selectFrom('login_records')
        .select('subject')
        .execute()
        .then((all) => all.length)
    const before = await rows()
    const replies: Reply[] = []
    for (const i of range(50)) {
      const ten = range(10).map((k) =>
        logIn(world, { name: `made-up-${i}-${k}` }, 'x', { from: '127.0.4.1' }),
      )
      replies.push(...(await Promise.all(ten)))
    }
    const made = (await rows()) - before
    return { through: made > 200, tried: '500 logins', cameBack: `${counted(replies)}; ${made} rows` }
  },
}

export const everybodyElse: Attack<ApiWorld> = {
  name: 'right logins without end',
  tries: 'keeps a hundred and twenty right logins of its own under way, so that nobody else gets in',
  async run(world) {
    const { passwords } = world
    const other = await newAccount(world, 'beside-a-flood')
    let served = 0
    const flood = range(120).map(() =>
      logIn(world, { name: 'attacker' }, passwords.attacker, { from: '127.0.5.1' }).then((reply) => {
        if (reply.status === 201) served++
        return reply
      }),
    )
    const reply = await logIn(world, { name: other.name }, other.password, { from: '127.0.5.2' })
    const before = served
    const replies = await Promise.all(flood)
    return {
      through: reply.status !== 201 || before > 20,
      tried: '120 logins at once',
      cameBack: `${counted(replies)}; the other: ${reply.status}, after ${before} of them`,
    }
  },
}
