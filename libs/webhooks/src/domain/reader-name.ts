/** Of webhooks among the readers of the event log. */
export const readerName = 'webhooks';
