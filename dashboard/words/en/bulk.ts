import { plural } from '../plural.ts'

const many = plural('en')

export const bulk = {
  label: 'Progress',
  leftOut: (count: number) =>
    many(count, { one: '# of them is left out:', other: '# of them are left out:' }),
  progress: (ended: number, all: number, failed: number) =>
    failed === 0 ? `${ended} of ${all} done` : `${ended} of ${all} done, ${failed} failed`,
  states: { out: 'left out', waits: 'waits', doing: 'under way', done: 'done', failed: 'failed' },
}
