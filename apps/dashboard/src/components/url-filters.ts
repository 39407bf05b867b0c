import { useCallback, useMemo } from 'react';
import { useLocation, useNavigate, useSearchParams } from 'react-router';

/** What a list is filtered by, as text, under the names that the API has for it. */
export type Filters = Readonly<Record<string, string>>;

interface Trail {
  /** Tokens of the pages before this one; the first page has none. */
  readonly trail?: readonly (string | null)[];
}

/** Filters and page of a list, kept in the address so that a link shows the same. */
export function useUrlFilters(names: readonly string[]) {
  const [params] = useSearchParams();
  const navigate = useNavigate();
  const location = useLocation();
  const { pathname } = location;
  const { trail = [] } = (location.state ?? {}) as Trail;
  const token = params.get('page');

  const filters: Filters = useMemo(
    () => Object.fromEntries(names.flatMap((name) => (params.get(name) ? [[name, params.get(name)!]] : []))),
    [names, params],
  );

  /** Empty text takes a filter away. Always leads to the first page. */
  const change = useCallback(
    (changes: Filters) => {
      const next = new URLSearchParams(
        Object.entries({ ...filters, ...changes }).filter(([, value]) => value !== ''),
      );
      void navigate(`${pathname}?${next.toString()}`, { replace: true });
    },
    [filters, navigate, pathname],
  );

  const turn = useCallback(
    (to: string | null, trailOfNext: readonly (string | null)[]) => {
      const next = new URLSearchParams(filters);
      if (to !== null) next.set('page', to);
      void navigate(`${pathname}?${next.toString()}`, { state: { trail: trailOfNext } });
    },
    [filters, navigate, pathname],
  );

  return {
    filters,
    change,
    clear: () => void navigate(pathname, { replace: true }),
    token,
    isFirst: token === null,
    next: (to: string) => turn(to, [...trail, token]),
    /** To the page before; who came by a link has none and starts over. */
    previous: () => turn(trail.at(-1) ?? null, trail.slice(0, -1)),
  };
}
