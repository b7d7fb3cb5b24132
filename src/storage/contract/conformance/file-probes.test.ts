import { mkdtemp, open, rm, stat, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { fileProbes } from './file-probes.ts'

let path = ''
beforeEach(async () => {
  path = await mkdtemp(join(tmpdir(), 'probes-'))
})
afterEach(() => rm(path, { recursive: true, force: true }))
const probes = fileProbes()
const place = () => ({ id: 'x', tree: { path, readOnly: false } })

test('what was written is read back, larger, smaller and odd', async () => {
  expect(await probes.read(place())).toBeNull()
  for (const bytes of [3_000_001, 5_242_880, 1000]) {
    expect(await probes.write(place(), { seed: `s${bytes}`, bytes })).toBe('written')
    expect(await probes.read(place())).toEqual({ seed: `s${bytes}`, bytes })
    expect((await stat(join(path, 'payload'))).size).toBe(bytes)
  }
})

test('content of the same seed grows, and shrinks', async () => {
  for (const bytes of [1_500_000, 4_000_000, 4_000_001, 2_000_000, 3_000_000]) {
    expect(await probes.write(place(), { seed: 'same', bytes })).toBe('written')
    expect(await probes.read(place())).toEqual({ seed: 'same', bytes })
  }
})

test('damage is noticed', async () => {
  await probes.write(place(), { seed: 'a', bytes: 3_000_000 })
  const file = await open(join(path, 'payload'), 'r+')
  await file.write(Buffer.from('!'), 0, 1, 2_999_999)
  await file.close()
  await expect(probes.read(place())).rejects.toThrow('damaged')
})

test('a full file system is an answer', async () => {
  // /dev/full refuses every write with ENOSPC.
  await symlink('/dev/full', join(path, 'payload'))
  expect(await probes.write(place(), { seed: 'a', bytes: 5000 })).toBe('full')
})
