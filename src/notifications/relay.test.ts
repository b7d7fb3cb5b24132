import { openTestStore } from '../db/store.fixture.ts'
import { relayLaws } from './laws.fixture.ts'

relayLaws('the database of this run', openTestStore)
