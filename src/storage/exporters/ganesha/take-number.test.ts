import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from 'vitest'
import { localExec } from '../../../exec/local.ts'

const dir = mkdtempSync(join(tmpdir(), 'manila-number-'))
afterAll(() => rmSync(dir, { recursive: true, force: true }))

const script = fileURLToPath(new URL('take-number.pl', import.meta.url))
const exec = localExec()
const take = async (file: string, id: string): Promise<number> =>
  (await exec.run(['perl', script, file, id], { deadlineMs: 20_000, okCodes: [0, 3] })).code

test('a number has one owner, who gets it again, whatever a call before left', async () => {
  const folder = join(dir, 'numbers')
  mkdirSync(folder)
  const file = join(folder, '7')
  writeFileSync(`${file}.one`, 'cut sh')
  expect([await take(file, 'one'), await take(file, 'two'), await take(file, 'one')]).toEqual([0, 3, 0])
  expect(readFileSync(file, 'utf8')).toBe('one\n')
  expect(readdirSync(folder)).toEqual(['7'])
})

test('of many who ask at once one gets it', async () => {
  const file = join(dir, '8')
  const codes = await Promise.all(Array.from({ length: 20 }, (_, n) => take(file, `id-${n}`)))
  expect([0, 3].map((code) => codes.filter((one) => one === code).length)).toEqual([1, 19])
})

test('where none can be written none is taken for another’s', async () => {
  await expect(take(join(dir, 'nowhere', '9'), 'one')).rejects.toThrow('No such file or directory')
})
