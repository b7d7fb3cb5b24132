/**
 * Whether tests that have a long form run that one (`npm run test:long`, which sets `MANILA_TEST_LONG=1`): the same assertions with
 * the rounds and sizes of a proof, where `npm test` has those of a check.
 */
export const long = process.env.MANILA_TEST_LONG === '1'
