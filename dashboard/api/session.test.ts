/** A token that is refused: the session may stand, or have ended, or nobody can tell. */
import { describe, expect, it, vi } from 'vitest'
import { Session, type SessionDoor, type SessionView } from './session.ts'

const named = { id: 'x', name: 'x' }
const view = (project: string, user = 'u'): SessionView => ({
  user: { id: user, name: user, domain: named },
  project: { id: project, name: project, domain: named },
  roles: [],
  expires_at: '2026-11-27T00:00:00Z',
  projects: [],
  is_admin: false,
})

function opened(resume: () => Promise<SessionView | null>) {
  let isFirst = true
  const door: SessionDoor = {
    resume: () => (isFirst ? ((isFirst = false), Promise.resolve(view('a'))) : resume()),
    signIn: () => Promise.resolve(view('a')),
    toProject: (id) => Promise.resolve(view(id)),
    signOut: () => Promise.resolve(),
    token: () => '',
  }
  const session = new Session(door)
  return session.resume().then(() => session)
}

describe('a refused token', () => {
  it('is no end while the session stands', async () => {
    const session = await opened(() => Promise.resolve(view('a')))
    expect(await session.renewed('')).toBe('')
    expect(session.state.is).toBe('open')
  })

  it('of a session that another tab took to another project lets the page begin anew', async () => {
    const reload = vi.fn()
    vi.stubGlobal('location', { reload })
    const session = await opened(() => Promise.resolve(view('b')))
    await session.renewed('')
    expect(reload).toHaveBeenCalledOnce()
    vi.unstubAllGlobals()
  })

  it('is waited for when the session has ended, by everybody at once, and goes on after one login', async () => {
    const session = await opened(() => Promise.resolve(null))
    const waiting = Promise.all([session.renewed(''), session.renewed('')])
    await vi.waitFor(() => expect(session.state.is).toBe('ended'))
    await session.signIn({ name: 'u', password: 'p', domain: 'Default' })
    expect(await waiting).toEqual(['', ''])
    expect(session.state.is).toBe('open')
  })

  it('fails what waits when nobody signs in again', async () => {
    const session = await opened(() => Promise.resolve(null))
    const waiting = session.renewed('')
    await vi.waitFor(() => expect(session.state.is).toBe('ended'))
    session.giveUp()
    expect(await waiting).toBeNull()
  })

  it('ends nothing while nobody can tell', async () => {
    const session = await opened(() => Promise.reject(new Error('away')))
    expect(await session.renewed('')).toBeNull()
    expect(session.state.is).toBe('open')
  })
})
