/** Of mail among the readers of the event log. */
export const readerName = 'mail';
