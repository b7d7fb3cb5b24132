/**
 * Places where a test may end this process, so that recovery is tested at exactly the worst instants. Off unless
 * `MANILA_FAILPOINT` is set; then the process kills itself with SIGKILL when it reaches the named point.
 */
export type Failpoint = (kind: string, step: string, at: 'before-effect' | 'after-effect') => void

/** `MANILA_FAILPOINT=create-share/backend/after-effect` */
export function failpointFromEnvironment(environment: NodeJS.ProcessEnv): Failpoint {
  const wanted = environment.MANILA_FAILPOINT
  if (wanted === undefined || wanted === '') return () => {}
  return (kind, step, at) => {
    if (`${kind}/${step}/${at}` === wanted) process.kill(process.pid, 'SIGKILL')
  }
}
