/** Of the audit among the readers of the event log. */
export const readerName = 'audit';
