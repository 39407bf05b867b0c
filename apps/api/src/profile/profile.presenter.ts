import type { Profile } from '@app/auth';

/** `publicUrl` is where clients reach this API, for the address of the picture. */
export function presentProfile(
  { id, email, username, fullName, role, avatarHash, createdAt }: Profile,
  publicUrl: string,
) {
  return {
    id,
    email,
    username,
    full_name: fullName,
    role,
    avatar_url: avatarHash === null ? null : `${publicUrl}/api/v1/avatars/${avatarHash}.webp`,
    created_at: createdAt.toISOString(),
  };
}
