/**
 * Places where a test may end this process, so that recovery is tested at exactly the worst instants. Off unless
 * `MANILA_FAILPOINT` is set; then the process kills itself with SIGKILL when it reaches the named point.
 */
export type Failpoint = (kind: string, step: string, at: 'before-effect' | 'after-effect') => void

/** `MANILA_FAILPOINT=create-share/backend/after-effect`; with `@2` after it the second time that it comes there: the second child. */
export function failpointFromEnvironment(environment: NodeJS.ProcessEnv): Failpoint {
  const wanted = environment.MANILA_FAILPOINT
  if (wanted === undefined || wanted === '') return () => {}
  const [point, nth = '1'] = wanted.split('@')
  let left = Number(nth)
  return (kind, step, at) => {
    if (`${kind}/${step}/${at}` === point && --left === 0) process.kill(process.pid, 'SIGKILL')
  }
}
