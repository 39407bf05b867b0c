import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { RandomSource } from '@app/kernel';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

/** Where the build puts a fresh nonce's place. */
const placeOfNonce = /\{\{nonce\}\}/g;

const yearMs = 31_536_000_000;

/** Addresses of pages that the browser's script shows; what is below them is known to the script only. */
const pageRoutes = ['/admin', '/admin/*', '/account', '/account/*'];

/**
 * Scripts come from our own files only. Style sheets too, and those that scripts add carry the nonce of the reply; what
 * scripts set on single elements is not subject to the policy (CSSOM). Nothing else is loaded, framed or sent anywhere.
 */
export function pagePolicy(nonce: string | null): string {
  const style = nonce === null ? "'self'" : `'self' 'nonce-${nonce}'`;
  return (
    `default-src 'none'; script-src 'self'; style-src ${style}; img-src 'self' data: blob:; font-src 'self'; ` +
    "connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
  );
}

/** True for what is part of the pages: they have a policy of their own. */
export function isPageAddress(url: string): boolean {
  return /^\/(?:admin|account)(?:[/?]|$)/.test(url);
}

/**
 * The dashboard, as `folder` holds it: assets named by their content, kept by browsers for ever, and for every other
 * address below its two roots the one page that loads them, never kept.
 */
export async function servePages(
  server: FastifyInstance,
  folder: string,
  random: RandomSource,
): Promise<void> {
  await server.register(fastifyStatic, {
    root: join(folder, 'assets'),
    prefix: '/admin/assets/',
    decorateReply: false,
    preCompressed: true,
    immutable: true,
    maxAge: yearMs,
    index: false,
  });
  const page = readFileSync(join(folder, 'index.html'), 'utf8');
  const send = (_request: FastifyRequest, reply: FastifyReply) => {
    const nonce = random.bytes(16).toString('base64');
    return reply
      .headers({ 'content-security-policy': pagePolicy(nonce), 'cache-control': 'no-store' })
      .type('text/html; charset=utf-8')
      .send(page.replace(placeOfNonce, nonce));
  };
  for (const url of pageRoutes) server.get(url, send);
}

/** `dist/dashboard` of this installation, found from the compiled file as well as from the source; null without a build. */
export function dashboardFolder(): string | null {
  for (let folder = import.meta.dirname; ; folder = dirname(folder)) {
    const candidate = join(folder, 'dist', 'dashboard');
    if (existsSync(join(candidate, 'index.html'))) return candidate;
    if (folder === dirname(folder)) return null;
  }
}
