/**
 * Runs work so that all its writes take effect together or not at all. Repositories called inside join the
 * transaction of the caller by themselves.
 *
 * Failure modes: rejects with StoreUnavailableError when the commit could not be confirmed (it may have
 * happened: a timed-out command is not a failed command), with the work's own error after a rollback otherwise.
 * The work may run more than once (serialisation failure, deadlock), so it must not have effects outside the
 * store.
 */
export abstract class UnitOfWork {
  abstract run<T>(work: () => Promise<T>): Promise<T>;

  /**
   * Called inside `run`, for work that one process of the installation does for all: true if no other unit of work
   * anywhere holds the job, which this one then does until it ends. Never waits.
   */
  abstract claim(job: string): Promise<boolean>;

  /** Called inside `run`: does this once the whole unit has committed, and never if it has not. Must not throw. */
  abstract afterCommit(effect: () => void): void;
}
