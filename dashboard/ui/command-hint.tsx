/** The command that does what a form or page does; nothing where none can. */
import { useWords } from '../words/index.ts'
import { CopyButton } from './copy.tsx'
import classes from './command-hint.module.css'

export function CommandHint({ command }: { readonly command: string }) {
  const { common } = useWords()
  if (command === '') return null
  return (
    <div className={classes.hint}>
      <div className={classes.title}>{common.command}</div>
      <div className={classes.line}>
        <code tabIndex={0} role="region" aria-label={`${common.command}: ${command.slice(0, 80)}`}>
          {command}
        </code>
        <CopyButton text={command} what={common.command} />
      </div>
    </div>
  )
}
