/** Every group of attacks, as `npm run test:attack` and `npm test` run them. */
import { apiAttacks } from './api/index.ts'
import { openApiWorld } from './api/world.ts'
import { group, type Group } from './attack.ts'

export const groups: readonly Group[] = [group({ name: 'api', open: openApiWorld, attacks: apiAttacks })]
