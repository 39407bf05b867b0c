/** What a check answers: for all who answer in their own words, the members that ours has. */
export function personNumber(number) {
  const id = `00000000-0000-7000-8000-${String(number).padStart(12, '0')}`;
  const at = '2026-11-21T12:00:00.000Z';
  return {
    user: {
      id,
      email: `person${number}@example.com`,
      username: null,
      full_name: 'Ann Example',
      role: 'user',
    },
    session: {
      id: String(number).padStart(64, '0'),
      profile: 'standard',
      scope: 'full',
      created_at: at,
      authenticated_at: at,
      idle_expires_at: at,
      expires_at: at,
    },
  };
}
