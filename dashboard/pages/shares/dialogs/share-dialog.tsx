/** The dialog of whatever was asked for. */
import type { ShareAsked } from '../share-actions.tsx'
import { DeedDialog } from './deed-dialog.tsx'
import { EditDialog } from './edit-dialog.tsx'
import { ResetDialog } from './reset-dialog.tsx'
import { ResizeDialog } from './resize-dialog.tsx'
import { RevertDialog } from './revert-dialog.tsx'

interface ShareDialogProps {
  readonly asked: ShareAsked | null
  readonly close: () => void
}

export function ShareDialog({ asked, close }: ShareDialogProps) {
  if (asked === null) return null
  if ('shares' in asked) return <DeedDialog deed={asked.what} shares={asked.shares} close={close} />
  const { what, share } = asked
  switch (what) {
    case 'edit':
      return <EditDialog share={share} close={close} />
    case 'extend':
    case 'shrink':
      return <ResizeDialog what={what} share={share} close={close} />
    case 'revert':
      return <RevertDialog share={share} close={close} />
    case 'reset-status':
    case 'reset-task-state':
      return <ResetDialog what={what} share={share} close={close} />
  }
}
