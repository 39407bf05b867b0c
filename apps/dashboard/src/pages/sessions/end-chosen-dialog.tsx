import { useQueryClient } from '@tanstack/react-query';
import { ConfirmDialog } from '../../components/confirm-dialog';
import { notifyDone } from '../../components/notify';
import { endSession } from './sessions-api';

interface EndChosenDialogProps {
  readonly ids: ReadonlySet<string>;
  readonly isOpen: boolean;
  readonly onClose: () => void;
  readonly onDone: () => void;
}

/** Ends the chosen sessions one after the other; a refusal stops at the first, and what was ended stays so. */
export function EndChosenDialog({ ids, isOpen, onClose, onDone }: EndChosenDialogProps) {
  const client = useQueryClient();
  const what = ids.size === 1 ? 'one session' : `${ids.size} sessions`;

  async function end(reason: string | undefined): Promise<void> {
    try {
      let pending = 0;
      for (const id of ids) {
        const { propagation } = await endSession(id, reason);
        if (propagation === 'pending') pending += 1;
      }
      notifyDone(`Ended ${what}`, pending > 0 ? 'Not proven on every instance yet; it will be.' : '');
      onDone();
    } finally {
      await client.invalidateQueries({ queryKey: ['admin-sessions'] });
      await client.invalidateQueries({ queryKey: ['admin-session'] });
    }
  }

  return (
    <ConfirmDialog
      title={`End ${what}?`}
      confirmLabel={`End ${what}`}
      hasReason
      isOpen={isOpen}
      onClose={onClose}
      onConfirm={end}
    >
      The next request of each is refused. This cannot be undone: people have to sign in again.
    </ConfirmDialog>
  );
}
