import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { LdifError, readLdif, type LdifOptions, type LdifRecord } from './ldif.ts'

const all: LdifOptions = { wants: () => true }

async function read(text: string | Buffer, options = all, pieces = 1_000_000): Promise<LdifRecord[]> {
  const bytes = Buffer.from(text)
  const chunks: Buffer[] = []
  for (let at = 0; at < bytes.length; at += pieces) chunks.push(bytes.subarray(at, at + pieces))
  const records: LdifRecord[] = []
  for await (const record of readLdif(chunks, options)) records.push(record)
  return records
}

const plain = (records: readonly LdifRecord[]) =>
  records.map(({ dn, attributes }) => [
    dn,
    Object.fromEntries([...attributes].map(([name, values]) => [name, values.map(String)])),
  ])

describe('an LDIF file', () => {
  test('has folded lines, base64, comments that are folded, several values, and ends of either kind', async () => {
    const text = [
      '# a dump',
      '#  of the',
      '  directory: yes',
      'version: 1',
      '',
      'dn: uid=ann,ou=people,',
      ' dc=lab,dc=test',
      'CN: Ann of',
      '  the lab',
      '# between two values',
      'cn:: QW5uIMOE',
      ' ZXJ6dGlu',
      'description:',
      'mail:    ann@lab.test',
      'userCertificate;binary:: AAEC',
      '',
      '',
      '# nothing here',
      '',
      'dn:: dWlkPUrDvHJnZW4=',
      'uid: Jürgen',
    ]
    const expected = [
      [
        'uid=ann,ou=people,dc=lab,dc=test',
        {
          cn: ['Ann of the lab', 'Ann Äerztin'],
          description: [''],
          mail: ['ann@lab.test'],
          usercertificate: ['\0\u0001\u0002'],
        },
      ],
      ['uid=Jürgen', { uid: ['Jürgen'] }],
    ]
    for (const end of ['\n', '\r\n']) {
      for (const last of ['', end]) {
        expect(plain(await read(text.join(end) + last))).toEqual(expected)
        expect(plain(await read(text.join(end) + last, all, 1))).toEqual(expected)
      }
    }
  })

  test('may begin with a mark of UTF-8, and hold what ldapsearch says of its search', async () => {
    const text =
      '\uFEFFdn: uid=a\nuid: a\n\n# refldap://x\nref: ldap://elsewhere\n\nsearch: 2\nresult: 0 Success\n'
    expect(plain(await read(text))).toEqual([['uid=a', { uid: ['a'] }]])
  })

  test.each([
    ['dn: uid=a\nchangetype: modify\nadd: x', 2, 'list of changes'],
    ['dn: uid=a\ncontrol: 1.2.3 true\nchangetype: delete', 2, 'list of changes'],
    ['dn: uid=a\njpegPhoto:< file:///etc/passwd', 2, 'from a URL'],
    ['dn: uid=a\nunwanted:< file:///etc/passwd', 2, 'from a URL'],
    ['version: 2\ndn: uid=a', 1, 'version "2"'],
    ['uid: a\ndn: uid=a', 1, 'begins with dn:, not with uid:'],
    ['dn: uid=a\nuid: a\ndn: uid=b', 3, 'an empty line is missing'],
    ['dn: uid=a\nuid a', 2, 'no colon'],
    ['dn: uid=a\nu_d: a', 2, 'no name of an attribute'],
    ['dn: uid=a\n: a', 2, 'no name of an attribute'],
    [' dc=test\ndn: uid=a', 1, 'a line that is not there'],
    ['dn: uid=a\n\n dc=test', 3, 'a line that is not there'],
    ['dn: uid=a\nuid:: QQ', 2, 'no base64'],
    ['dn: uid=a\nuid:: Q*==', 2, 'no base64'],
    ['dn:: /w==\nuid: a', 1, 'no UTF-8'],
    ['dn: uid=a\nmember;range=0-1499: uid=b', 2, 'only a part'],
    [Buffer.from('dn: uid=a\nuid: J\xfcrgen', 'latin1'), 2, 'no UTF-8'],
    [Buffer.from('\uFEFFdn: uid=a', 'utf16le'), 1, 'UTF-16'],
    [Buffer.from('dn: uid=a', 'utf16le'), 1, 'UTF-16'],
    [`dn: uid=a\nuid: ${'x'.repeat(2_000_000)}`, 2, 'more than 1048576 bytes'],
    [`dn: uid=a\nuid: ${'x'.repeat(100)}\n${' y\n'.repeat(1_500_000)}`, 2, 'more than 1048576 bytes'],
    [`dn: uid=a\n${'x'.repeat(100_000)}`, 2, 'no colon'],
    [`dn: ${'x'.repeat(70_000)}`, 1, 'a DN of more'],
  ])('(%#) is refused with its line and a sentence', async (text, line, sentence) => {
    const options = { wants: (name: string) => name !== 'unwanted' }
    for (const pieces of [7, 100_000]) {
      const error = await read(text, options, pieces).then(
        () => null,
        (thrown: unknown) => thrown,
      )
      expect(error).toBeInstanceOf(LdifError)
      expect(error).toMatchObject({ line, message: expect.stringContaining(sentence) as string })
    }
  })

  test('may hold values of any size that nobody wants', async () => {
    const text = `dn: uid=a\njpegPhoto:: ${'QUJD'.repeat(1_000_000)}\nuid: a\n`
    const options = { wants: (one: string) => one === 'uid' }
    for (const pieces of [65_536, 10_000_000]) {
      expect(plain(await read(text, options, pieces))).toEqual([['uid=a', { uid: ['a'] }]])
    }
  })

  test('of an entry that is larger than allowed says so', async () => {
    const text = `dn: cn=g\n${`member: ${'x'.repeat(1000)}\n`.repeat(20)}`
    await expect(read(text, { ...all, maxEntryBytes: 10_000 })).rejects.toThrow(
      'more than 10000 bytes in one entry',
    )
  })
})

/** An entry as somebody may write it. */
const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,10}$/).filter((one) => !reserved.has(one))
const reserved = new Set(['dn', 'version', 'changetype', 'control', 'search', 'ref', 'result', 'text'])
const value = fc.oneof(fc.string({ unit: 'binary', maxLength: 40 }), fc.string({ maxLength: 200 }))
const entry = fc.record({
  dn: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 }),
  attributes: fc.array(fc.tuple(name, value), { maxLength: 8 }),
})
const style = fc.record({
  end: fc.constantFrom('\n', '\r\n'),
  fold: fc.integer({ min: 2, max: 80 }),
  pieces: fc.integer({ min: 1, max: 200 }),
  comments: fc.boolean(),
  upper: fc.boolean(),
})

/** What may stand as it is (RFC 2849, SAFE-STRING). */
const isSafe = (text: string): boolean => !/^[ :<]|[\0\r\n]|[^\x01-\x7f]| $/.test(text)

function write(
  entries: readonly { dn: string; attributes: [string, string][] }[],
  layout: { end: string; fold: number; comments: boolean; upper: boolean },
): string {
  const line = (key: string, text: string): string => {
    const written = layout.upper ? key.toUpperCase() : key
    const whole = isSafe(text)
      ? `${written}: ${text}`
      : `${written}:: ${Buffer.from(text).toString('base64')}`
    // The first line must hold something but its end.
    const pieces = whole.match(new RegExp(`[^]{1,${layout.fold}}`, 'g')) ?? []
    return pieces.join(`${layout.end} `)
  }
  return entries
    .map(({ dn, attributes }) =>
      [
        line('dn', dn),
        ...attributes.flatMap(([key, text]) => [...(layout.comments ? ['# a word'] : []), line(key, text)]),
      ].join(layout.end),
    )
    .join(layout.end + layout.end)
}

describe('laws', () => {
  test('what is written in any style is read again', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(entry, { maxLength: 5 }), style, async (entries, layout) => {
        const expected = entries.map(({ dn, attributes }) => {
          const values: Record<string, string[]> = {}
          for (const [key, text] of attributes) (values[key] ??= []).push(text)
          return [dn, values]
        })
        expect(plain(await read(write(entries, layout), all, layout.pieces))).toEqual(expected)
      }),
    )
  })

  test('a byte at a time is the same text: what it is encoded in is seen all the same', async () => {
    const marked = Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from('dn: a\na: b\n')])
    expect(plain(await read(marked, all, 99))).toEqual(plain(await read(marked, all, 1)))
    for (const bytes of [
      [0, 0],
      [0xff, 0xfe, 0x64, 0],
      [0x64, 0, 0x6e, 0],
    ]) {
      await expect(read(Buffer.from(bytes), all, 4)).rejects.toThrow('UTF-16')
    }
  })

  test('no bytes do anything but be read or be refused, and how they are cut makes no difference', async () => {
    const line = fc.constantFrom(
      'dn: a\n',
      'a: b\n',
      ' c\n',
      '\n',
      '\r\n',
      '#\n',
      'a:: QQ==\r\n',
      ' ',
      ':',
      'version: 1\n',
    )
    const text = fc.oneof(
      fc.array(line, { maxLength: 12 }).map((lines) => Buffer.from(lines.join(''))),
      fc.uint8Array({ maxLength: 80 }).map((bytes) => Buffer.from(bytes)),
    )
    const outcome = (bytes: Buffer, pieces: number): Promise<unknown> =>
      read(bytes, all, pieces).then(
        (records) => JSON.stringify(plain(records)),
        (error: unknown) => {
          expect(error).toBeInstanceOf(LdifError)
          return (error as Error).message
        },
      )
    await fc.assert(
      fc.asyncProperty(text, fc.integer({ min: 1, max: 9 }), async (bytes, pieces) => {
        expect(await outcome(bytes, pieces)).toEqual(await outcome(bytes, 1000))
      }),
      { numRuns: 500 },
    )
  })
})
