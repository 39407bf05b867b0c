/** Injection token of the TransportConfig slice. */
export const transportConfigToken = Symbol('TransportConfig');
