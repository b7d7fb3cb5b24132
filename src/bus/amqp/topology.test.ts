import { expect, test } from 'vitest'
import { loadSettings } from '../../config/load.ts'
import { workQueue } from './topology.ts'

const kindWith = (changes: object) =>
  workQueue({ ...loadSettings({}).bus, ...changes }, 'q').arguments['x-queue-type']

test.each([
  [{}, 'classic'],
  [{ hosts: ['mq1:5672'] }, 'classic'],
  [{ hosts: ['mq1:5672', 'mq2:5672', 'mq3:5672'] }, 'quorum'],
  [{ hosts: ['mq1:5672', 'mq2:5672', 'mq3:5672'], work_queues: 'classic' }, 'classic'],
  [{ work_queues: 'quorum' }, 'quorum'],
])('work waits with %o in a %s queue', (changes, kind) => {
  expect(kindWith(changes)).toBe(kind)
})
