/** `upstream` is from client to server, `downstream` back. */
export type Direction = 'upstream' | 'downstream';

/** What a link does to the bytes that go through it. */
export type FaultMode =
  | { readonly kind: 'pass' }
  /** Silence: bytes are kept and delivered on release, even if their sender has gone meanwhile. */
  | { readonly kind: 'hold'; readonly direction?: Direction }
  /** Each direction is late by `ms`; the rate is not limited. */
  | { readonly kind: 'delay'; readonly ms: number }
  /** Delivery in pieces of `bytes` with `ms` between them. */
  | { readonly kind: 'slice'; readonly bytes: number; readonly ms: number }
  /** Connections end by RST, new ones right after they were accepted. */
  | { readonly kind: 'reset' }
  /** As after the death of the server: nobody listens, and existing connections end by RST. */
  | { readonly kind: 'refuse' };

/** What one direction of one connection does; the other modes are affairs of the whole connection. */
export type LaneRule = Extract<FaultMode, { kind: 'pass' | 'delay' | 'slice' }> | { readonly kind: 'hold' };

export function laneRule(mode: FaultMode, direction: Direction): LaneRule {
  switch (mode.kind) {
    case 'delay':
    case 'slice':
      return mode;
    case 'hold':
      return { kind: mode.direction === undefined || mode.direction === direction ? 'hold' : 'pass' };
    case 'pass':
    case 'reset':
    case 'refuse':
      return { kind: 'pass' };
  }
}
