import { type AccessMode, accessModeKey } from '@app/http';
import { RequestMethod, type Type } from '@nestjs/common';
import { ModulesContainer, Reflector } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';

/** Every route of every controller, `GET /path`, with the access mode that the guard reads. */
export function routesOf(app: NestFastifyApplication): Record<string, AccessMode> {
  const reflector = app.get(Reflector);
  const controllers = [...app.get(ModulesContainer).values()].flatMap((module) => [
    ...module.controllers.values(),
  ]);
  const routes = controllers.flatMap(({ metatype }) => {
    const controller = metatype as Type;
    return handlersOf(controller).flatMap((handler) => {
      const mode = reflector.getAllAndOverride<AccessMode | undefined>(accessModeKey, [handler, controller]);
      const method = RequestMethod[reflector.get<RequestMethod>('method', handler)];
      return pathsOf(reflector, controller, handler).map(
        (path) => [`${method} ${path}`, mode ?? 'session'] as const,
      );
    });
  });
  return Object.fromEntries(routes);
}

type Handler = (...args: unknown[]) => unknown;

function handlersOf(controller: Type): Handler[] {
  const prototype = controller.prototype as Record<string, unknown>;
  return Object.getOwnPropertyNames(prototype)
    .map((name) => prototype[name])
    .filter((member): member is Handler => typeof member === 'function')
    .filter((member) => Reflect.hasMetadata('method', member));
}

function pathsOf(reflector: Reflector, controller: Type, handler: Handler): string[] {
  const prefixes = [reflector.get<string | string[]>('path', controller)].flat();
  const paths = [reflector.get<string | string[]>('path', handler)].flat();
  return prefixes.flatMap((prefix) => paths.map((path) => tidy(`/${prefix}/${path}`)));
}

function tidy(path: string): string {
  return path.replace(/\/{2,}/g, '/').replace(/(?<=.)\/$/, '');
}

/** What the server itself answers, whoever registered it: methods by path. */
export function servedRoutesOf(app: NestFastifyApplication): Record<string, string[]> {
  const tree = app.getHttpAdapter().getInstance().printRoutes({ commonPrefix: true });
  const trail: string[] = [];
  const served: Record<string, string[]> = {};
  for (const line of tree.split('\n').filter((text) => text.trim() !== '')) {
    const [, indent, segment, methods] =
      /^((?:│ {3}| {4})*)[├└]── (.*?)(?: \(([A-Z, ]+)\))?$/.exec(line) ?? [];
    if (indent === undefined || segment === undefined)
      throw new Error(`cannot read the route tree at: ${line}`);
    const depth = indent.length / 4;
    trail.splice(depth, trail.length, segment);
    if (methods) served[trail.join('')] = methods.split(', ').toSorted();
  }
  return served;
}
