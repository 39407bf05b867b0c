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

export const signedInExample = {
  ...principalExample,
  access_token: 'eyJhbGciOiJFUzI1NiIsInR5cCI6ImF0K2p3dCIsImtpZCI6Ii4uLiJ9.eyJzdWIiOiIuLi4ifQ.c2lnbmF0dXJl',
  token_type: 'Bearer' as const,
  expires_in: 600,
  refresh_token: 'nyxB0HvjWobB1OD3orlYNtfh9MIKm4N15tHE8KOymFc0x3yq…',
};
