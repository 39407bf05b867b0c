const session = {
  id: '9f2c41d07be35a86c1d4e0f7a2b95836d7e1f4c20a9b8375e6d1c4f0a3b29857',
  profile: 'standard' as const,
  scope: 'full' as const,
  created_at: '2026-11-20T09:00:00.000Z',
  authenticated_at: '2026-11-20T09:00:00.000Z',
  idle_expires_at: '2026-11-20T21:00:00.000Z',
  expires_at: '2026-11-27T09:00:00.000Z',
};

export const principalExample = {
  user: {
    id: '019a9f3e-7c41-7d1b-9a55-2f0e6c8b4d10',
    email: 'ann@example.com',
    username: null,
    full_name: 'Ann Example',
    role: 'user' as const,
  },
  session,
};

export const challengeExample = {
  parameters: {
    algorithm: 'SHA-256',
    cost: 64,
    data: { account: 'pY5mXwz1fC0a3l3nJr7A2g', action: 'signin' },
    expiresAt: 1795170120,
    keyLength: 32,
    keyPrefix: '000',
    nonce: '0f6f1c2bb6c34dfe8e6b7a5c6d1e2f30',
    salt: '9a1b2c3d4e5f60718293a4b5c6d7e8f9',
  },
  signature: '5d0c1a2f7d8e9b3a4c6f5e7d8c9b0a1f2e3d4c5b6a79880716253443526170ff',
};

export const signedInExample = {
  ...principalExample,
  access_token: 'eyJhbGciOiJFUzI1NiIsInR5cCI6ImF0K2p3dCIsImtpZCI6Ii4uLiJ9.eyJzdWIiOiIuLi4ifQ.c2lnbmF0dXJl',
  token_type: 'Bearer' as const,
  expires_in: 600,
  refresh_token: 'nyxB0HvjWobB1OD3orlYNtfh9MIKm4N15tHE8KOymFc0x3yq…',
};
