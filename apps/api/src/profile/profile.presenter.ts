import type { Profile } from '@app/auth';

export function presentProfile({ id, email, username, fullName, role, createdAt }: Profile) {
  return { id, email, username, full_name: fullName, role, created_at: createdAt.toISOString() };
}
