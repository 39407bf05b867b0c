import { Avatar, Button, FileButton, Group, Text } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { notifyDone, notifyProblem } from '../../components/notify';
import { pictureOf, type Profile, profileQuery, removeAvatar, setAvatar } from './profile-api';

/** The picture, another one, or none. */
export function AvatarField({ profile }: { readonly profile: Profile }) {
  const client = useQueryClient();
  const [isBusy, setBusy] = useState(false);
  const picture = pictureOf(profile);

  async function change(work: () => Promise<Profile>, done: string): Promise<void> {
    setBusy(true);
    try {
      client.setQueryData(profileQuery.queryKey, await work());
      notifyDone(done);
    } catch (error) {
      notifyProblem(error);
    } finally {
      setBusy(false);
    }
  }

  return (
    <Group>
      <Avatar
        src={picture}
        name={profile.full_name ?? profile.email}
        color="brand"
        size={72}
        radius="xl"
        alt=""
      />
      <div>
        <Group gap="xs">
          <FileButton
            accept="image/png,image/jpeg,image/webp,image/gif"
            onChange={(file) => file && void change(() => setAvatar(file), 'Picture changed')}
          >
            {(props) => (
              <Button {...props} size="xs" variant="default" loading={isBusy}>
                Choose a picture
              </Button>
            )}
          </FileButton>
          {picture !== null && (
            <Button
              size="xs"
              variant="subtle"
              disabled={isBusy}
              onClick={() => void change(removeAvatar, 'Picture removed')}
            >
              Remove
            </Button>
          )}
        </Group>
        <Text size="xs" c="dimmed" mt={6}>
          PNG, JPEG, WebP or GIF, at most 2 MiB.
        </Text>
      </div>
    </Group>
  );
}
