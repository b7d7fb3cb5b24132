/** Share groups came as an experiment and were settled at 2.55. */
export const sinceGroups = { since: 31, experimental: [[31, 54]] } as const
