import { openTestStore } from '../db/test-store.ts'
import { relayLaws } from './test-laws.ts'

relayLaws('the database of this run', openTestStore)
