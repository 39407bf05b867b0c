import fastify from 'fastify';
import { RouteTable } from './route-table.js';

describe(RouteTable.name, () => {
  const routes = new RouteTable();
  const server = fastify();
  routes.observe(server);
  server.get('/a', () => null);
  server.post('/a', () => null);
  server.delete('/a/:id', () => null);
  server.get('/a.b', () => null);
  server.get('/files/*', () => null);
  beforeAll(async () => {
    await server.ready();
  });

  it.each([
    ['PUT', '/a', ['GET', 'HEAD', 'POST']],
    ['PUT', '/a?x=/b', ['GET', 'HEAD', 'POST']],
    ['GET', '/a/1', ['DELETE']],
    ['POST', '/a.b', ['GET', 'HEAD']],
  ])('knows what %s %s allows instead', (method, url, allowed) => {
    expect(routes.refusalFor(method, url)?.allowed).toEqual(allowed);
  });

  it.each([
    ['GET', '/b'],
    ['PUT', '/a/'],
    ['PUT', '/A'],
    ['GET', '/a/1/2'],
    ['POST', '/aXb'],
    ['POST', '/files/x'],
    ['POST', '/'],
  ])('knows nothing at %s %s', (method, url) => {
    expect(routes.refusalFor(method, url)).toBeNull();
  });
});
