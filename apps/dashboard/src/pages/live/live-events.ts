import { useEffect, useReducer } from 'react';
import { now } from '../../app/clock';

export interface LiveEvent {
  readonly id: string;
  readonly type: string;
  readonly at: string;
  readonly user_id: string | null;
  readonly session_id: string | null;
  readonly details: Readonly<Record<string, unknown>>;
}

/** What a window shows at most; a stream has no end, and a page must. */
const maxShown = 200;

/** Milliseconds from the opening of a stream that the server has ended to that of the next. */
const patienceMs = 5_000;

type Connection = 'connecting' | 'open' | 'lost';

interface State {
  readonly connection: Connection;
  readonly isPaused: boolean;
  readonly shown: readonly LiveEvent[];
  /** Arrived while paused. */
  readonly waiting: readonly LiveEvent[];
  /** The server could not tell what was missed. */
  readonly hasGap: boolean;
}

type Change =
  | { readonly kind: 'connection'; readonly to: Connection }
  | { readonly kind: 'event'; readonly event: LiveEvent }
  | { readonly kind: 'gap' }
  | { readonly kind: 'pause'; readonly isPaused: boolean }
  | { readonly kind: 'clear' };

const nothing: State = {
  connection: 'connecting',
  isPaused: false,
  shown: [],
  waiting: [],
  hasGap: false,
};

function changed(state: State, change: Change): State {
  switch (change.kind) {
    case 'connection':
      return { ...state, connection: change.to };
    case 'gap':
      return { ...state, hasGap: true };
    case 'event': {
      const list = state.isPaused ? 'waiting' : 'shown';
      return { ...state, [list]: [change.event, ...state[list]].slice(0, maxShown) };
    }
    case 'pause': {
      if (change.isPaused) return { ...state, isPaused: true };
      const shown = [...state.waiting, ...state.shown].slice(0, maxShown);
      return { ...state, isPaused: false, shown, waiting: [] };
    }
    case 'clear':
      return { ...nothing, connection: state.connection, isPaused: state.isPaused };
  }
}

function addressOf(types: string, after: string | null): string {
  const query = new URLSearchParams();
  if (types !== '') query.set('types', types);
  if (after !== null) query.set('after', after);
  return `/api/v1/admin/events?${query.toString()}`;
}

/**
 * The live stream of events, newest first. The browser comes back by itself with the cursor of the last event; where
 * the server has ended the stream, as with the token that opened it, it is opened anew behind the same cursor.
 */
export function useLiveEvents(types: string, renew: () => Promise<unknown>) {
  const [state, change] = useReducer(changed, nothing);

  useEffect(() => {
    let cursor: string | null = null;
    let source: EventSource | null = null;
    let timer: number | undefined;
    let isOver = false;

    function open(): void {
      if (isOver) return;
      change({ kind: 'connection', to: 'connecting' });
      const opened = new EventSource(addressOf(types, cursor));
      source = opened;
      const openedAt = now();
      opened.addEventListener('open', () => change({ kind: 'connection', to: 'open' }));
      opened.addEventListener('message', ({ data, lastEventId }: MessageEvent<string>) => {
        cursor = lastEventId === '' ? cursor : lastEventId;
        change({ kind: 'event', event: JSON.parse(data) as LiveEvent });
      });
      opened.addEventListener('reset', () => change({ kind: 'gap' }));
      // A stream that had lived for a while is followed at once by the next, one that was refused is not.
      const next = (): void => again(Math.max(0, openedAt + patienceMs - now()));
      opened.addEventListener('closed', next);
      opened.addEventListener('error', () => {
        change({ kind: 'connection', to: 'lost' });
        if (opened.readyState === EventSource.CLOSED) next();
      });
    }

    /** An ordinary request first: it refreshes the token, or leads to the sign-in. */
    function again(ms: number): void {
      source?.close();
      window.clearTimeout(timer);
      timer = window.setTimeout(() => {
        renew().then(open, () => again(patienceMs));
      }, ms);
    }

    open();
    return () => {
      isOver = true;
      window.clearTimeout(timer);
      source?.close();
    };
  }, [types, renew]);

  return {
    ...state,
    clear: () => change({ kind: 'clear' }),
    pause: (isPaused: boolean) => change({ kind: 'pause', isPaused }),
  };
}
