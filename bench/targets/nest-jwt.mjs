/** A signed token and nothing else: nobody can be signed out before it expires. */
import { answers } from '../support/child.mjs';
import { claimsOf, tokenFor } from '../support/hs256.mjs';
import { serveNest } from '../support/nest.mjs';
import { personNumber } from '../support/person.mjs';

const data = personNumber(1);

class Guard {
  canActivate(context) {
    const request = context.switchToHttp().getRequest();
    request.claims = claimsOf(request);
    return true;
  }
}

await serveNest({
  guard: Guard,
  read: ({ claims }) => ({ ...data, user: { ...data.user, id: claims.sub } }),
});

answers('sessions', ({ count }) =>
  Array.from({ length: count }, (_, index) => ({ authorization: `Bearer ${tokenFor(personNumber(index))}` })),
);
