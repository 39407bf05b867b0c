import type { FastifyInstance } from 'fastify';
import { MethodNotAllowedError } from '../errors/http.errors.js';

interface Route {
  readonly pattern: RegExp;
  readonly methods: Set<string>;
}

/** The registered routes, asked only after a miss, to tell a wrong method (405) from a wrong address (404). */
export class RouteTable {
  private readonly routes = new Map<string, Route>();

  /** Must be called before any route is registered. */
  observe(server: FastifyInstance): void {
    server.addHook('onRoute', ({ url, method }) => {
      const route = this.routes.get(url) ?? { pattern: toPattern(url), methods: new Set<string>() };
      for (const each of [method].flat()) route.methods.add(each);
      this.routes.set(url, route);
    });
  }

  refusalFor(method: string, url: string): MethodNotAllowedError | null {
    const path = url.split('?')[0] ?? url;
    const allowed = [...this.routes.values()]
      .filter((route) => route.pattern.test(path))
      .flatMap((route) => [...route.methods]);
    if (allowed.length === 0 || allowed.includes(method)) return null;
    return new MethodNotAllowedError([...new Set(allowed)].toSorted());
  }
}

/** A catch-all route answers its own misses, so it matches nothing here. */
function toPattern(url: string): RegExp {
  if (url.includes('*')) return /(?!)/;
  return new RegExp(`^${url.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replace(/:[^/]+/g, '[^/]+')}$`);
}
