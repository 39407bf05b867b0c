import { createSecretKey, randomBytes } from 'node:crypto';
import { JwtService } from '@nestjs/jwt';
import { UnauthorizedException } from '@nestjs/common';

/** A key object: a string would be parsed for every token. */
export const jwt = new JwtService({
  secret: createSecretKey(randomBytes(32)),
  signOptions: { algorithm: 'HS256', expiresIn: '1h' },
  verifyOptions: { algorithms: ['HS256'] },
});

export function claimsOf(request) {
  const token = request.headers.authorization?.slice('Bearer '.length);
  try {
    return jwt.verify(token);
  } catch {
    throw new UnauthorizedException();
  }
}

/** A token with the claims that ours has. */
export function tokenFor({ user, session }) {
  return jwt.sign({
    sub: user.id,
    sid: session.id,
    jti: session.id.slice(0, 32),
    aud: 'bench',
    amr: ['pwd'],
  });
}
