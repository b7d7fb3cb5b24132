/** A directory that the service may write to (`writable = true`): what is changed through it is in the directory, and only there. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Fault } from '../../src/model/errors.ts'
import { hasSlapd, type Slapd } from '../../tools/programs/slapd.ts'
import { address } from './face-world.ts'
import { groupOfNames, reader, suffix } from './layouts.ts'
import { asAdmin, commonOptions, corp, openAuth, startLayout, type Opened } from './ldap-world.ts'

const layout = groupOfNames()

describe.skipIf(!hasSlapd())('on a private server (slapd) auth: a writable LDAP', () => {
  let server: Slapd
  let opened: Opened
  beforeAll(async () => {
    // The service may change what it may not read: passwords.
    const access = [
      `access to attrs=userPassword by dn.exact="${reader.dn}" write by anonymous auth by * none`,
      `access to * by dn.exact="${reader.dn}" write by users read by * none`,
    ]
    server = await startLayout(layout, { access })
    opened = await openAuth({ ...commonOptions([server.url]), ...layout.options, writable: true })
  })
  afterAll(async () => {
    await opened.close()
    await server.remove()
  })

  const login = (name: string, password: string) =>
    opened.auth.loginWithPassword({
      user: { name, domain: { id: corp } },
      password,
      address,
      scope: 'unscoped',
    })
  const codeOf = (work: Promise<unknown>): Promise<string> =>
    work.then(
      () => 'done',
      (error: unknown) => (error instanceof Fault ? error.code : String(error)),
    )

  test('makes, changes, renames and removes a user', async () => {
    const { directory } = opened.auth
    const name = 'Zoë, the "new" one + more'
    const made = await directory.createUser({
      name,
      domainId: corp,
      password: 'first',
      email: 'zoe@lab.test',
    })
    expect(made).toMatchObject({ name, email: 'zoe@lab.test', enabled: true, domainId: corp })
    expect(made.id).toMatch(/^[0-9a-f]{64}$/)
    const { token } = await login(name, 'first')
    expect(await codeOf(directory.createUser({ name, domainId: corp, password: 'x' }))).toBe('Conflict')

    await directory.setPassword(made.id, 'second')
    expect(await opened.auth.verify(token)).toBeNull()
    expect(await codeOf(login(name, 'first'))).toBe('Unauthorized')
    expect(await codeOf(login(name, 'second'))).toBe('done')

    expect(await directory.updateUser(made.id, { name: 'zoe', description: 'a' })).toMatchObject({
      id: made.id,
      name: 'zoe',
      description: 'a',
    })
    expect(await directory.updateUser(made.id, { enabled: false, description: '' })).toMatchObject({
      enabled: false,
      description: '',
    })
    expect(await codeOf(login('zoe', 'second'))).toBe('Unauthorized')
    await directory.updateUser(made.id, { enabled: true })
    expect(await codeOf(login('zoe', 'second'))).toBe('done')

    await directory.deleteUser(made.id)
    expect(await directory.users.findUser({ name: 'zoe', domainId: corp })).toBeNull()
    expect(await directory.users.findUser({ id: made.id })).toBeNull()
    expect(await codeOf(directory.deleteUser(made.id))).toBe('NotFound')
  })

  test('whoever knows the old password may set a new one, and nobody else', async () => {
    const { directory } = opened.auth
    const { id } = await directory.createUser({ name: 'yves', domainId: corp, password: 'old' })
    const change = (original: string, password: string) =>
      opened.auth.changePassword({ userId: id, original, password, address })
    expect(await codeOf(change('wrong', 'new'))).toBe('Unauthorized')
    expect(await codeOf(change('', 'new'))).toBe('Unauthorized')
    expect(await codeOf(change('old', 'new'))).toBe('done')
    expect(await codeOf(login('yves', 'old'))).toBe('Unauthorized')
    expect(await codeOf(login('yves', 'new'))).toBe('done')
    await directory.deleteUser(id)
  })

  test('makes a group, and puts people in and out', async () => {
    const { directory } = opened.auth
    const { users } = directory
    const group = await directory.createGroup({ name: 'night, shift', domainId: corp, description: 'd' })
    const bob = await users.findUser({ name: 'bob', domainId: corp })
    const bobId = bob?.id ?? ''
    const service = await users.findUser({ name: 'manila', domainId: 'default' })
    expect(await users.memberIdsOf(group.id)).toEqual([])
    await directory.addMember(group.id, bobId)
    await directory.addMember(group.id, bobId)
    expect(await users.memberIdsOf(group.id)).toEqual([bobId])
    expect(await users.groupIdsOf(bobId)).toContain(group.id)
    await directory.removeMember(group.id, bobId)
    expect(await users.groupIdsOf(bobId)).not.toContain(group.id)
    expect(await codeOf(directory.removeMember(group.id, bobId))).toBe('NotFound')
    // Neither server knows the other's people.
    expect(await codeOf(directory.addMember(group.id, service?.id ?? ''))).toBe('Refused')
    expect(await directory.updateGroup(group.id, { name: 'day', description: '' })).toMatchObject({
      id: group.id,
      name: 'day',
      description: '',
    })
    await directory.deleteGroup(group.id)
    expect(await users.findGroup({ name: 'day', domainId: corp })).toBeNull()
  })

  test('somebody removed is in no group any more', async () => {
    const { directory } = opened.auth
    const { id } = await directory.createUser({ name: 'xaver', domainId: corp, password: 'x' })
    const group = await directory.users.findGroup({ name: 'red-readers', domainId: corp })
    await directory.addMember(group?.id ?? '', id)
    await directory.deleteUser(id)
    const { searchEntries } = await asAdmin(server, (client) =>
      client.search(suffix, { filter: '(cn=red-readers)' }),
    )
    expect(JSON.stringify(searchEntries)).not.toContain('xaver')
  })

  test('has rules of its own: options of users are refused, and nothing of the rest is done', async () => {
    const { directory } = opened.auth
    const options = { ignore_password_expiry: true }
    const make = directory.createUser({ name: 'willi', domainId: corp, password: 'x', options })
    expect(await codeOf(make)).toBe('Refused')
    expect(await directory.users.findUser({ name: 'willi', domainId: corp })).toBeNull()
    const bob = await directory.users.findUser({ name: 'bob', domainId: corp })
    const change = directory.updateUser(bob?.id ?? '', { description: 'new', options })
    await expect(change).rejects.toMatchObject({
      message: expect.stringMatching(/those of the directory server/) as string,
    })
    expect((await directory.users.findUser({ name: 'bob', domainId: corp }))?.description).not.toBe('new')
  })

  test('who is the last administrator through the directory stays, and so do his group and its members', async () => {
    const { directory, roles } = opened.auth
    const admin = await roles.find({ name: 'admin' })
    const project = await directory.createProject({ name: 'of administrators', domainId: corp })
    const target = { type: 'project', id: project.id } as const
    const group = await directory.createGroup({ name: 'administrators', domainId: corp })
    const rest = await directory.createGroup({ name: 'others', domainId: corp })
    const ids: string[] = []
    for (const name of ['vera', 'udo'])
      ids.push((await directory.createUser({ name, domainId: corp, password: 'x' })).id)
    const [vera = '', udo = ''] = ids
    await directory.addMember(group.id, vera)
    await directory.addMember(rest.id, vera)
    await roles.grant(admin?.id ?? '', { type: 'group', id: group.id }, target)
    // Nobody else is: whoever furnished the world is made so no more.
    const all = await roles.assignments({ roleId: admin?.id ?? '', limit: 100 })
    for (const { actor_type: type, actor_id: id, target_type: at, target_id: place } of all) {
      if (id !== group.id) await roles.take(admin?.id ?? '', { type, id }, { type: at, id: place })
    }
    for (const work of [
      () => directory.deleteUser(vera),
      () => directory.updateUser(vera, { enabled: false }),
      () => directory.removeMember(group.id, vera),
      () => directory.deleteGroup(group.id),
      () => roles.take(admin?.id ?? '', { type: 'group', id: group.id }, target),
      () => directory.updateProject(project.id, { enabled: false }),
      () => directory.deleteProject(project.id),
    ]) {
      expect(await codeOf(work())).toBe('Conflict')
    }
    expect((await directory.users.findUser({ id: vera }))?.enabled).toBe(true)
    // What makes nobody administrator may go.
    expect(await codeOf(directory.removeMember(rest.id, vera))).toBe('done')
    expect(await codeOf(directory.deleteGroup(rest.id))).toBe('done')
    await directory.addMember(group.id, udo)
    expect(await codeOf(directory.deleteUser(vera))).toBe('done')
    expect(await codeOf(directory.deleteUser(udo))).toBe('Conflict')
  })

  test('what the directory does not let the service change is refused with a sentence', async () => {
    const strict = await startLayout(layout)
    const other = await openAuth({ ...commonOptions([strict.url]), ...layout.options, writable: true })
    try {
      const work = other.auth.directory.createUser({ name: 'new', domainId: corp, password: 'x' })
      await expect(work).rejects.toMatchObject({
        code: 'Refused',
        message: expect.stringMatching(/does not let/) as string,
      })
    } finally {
      await other.close()
      await strict.remove()
    }
  })

  test('is not offered for Active Directory', async () => {
    const options = { ...commonOptions([server.url]), preset: 'active-directory', writable: true } as const
    await expect(openAuth(options)).rejects.toThrow(/writable is not possible with Active Directory/)
  })
})
