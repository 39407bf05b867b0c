import { Button, Code, Menu, Stack } from '@mantine/core';
import { IconDots, IconSend } from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useNavigate, useParams } from 'react-router';
import { ConfirmDialog } from '../../components/confirm-dialog';
import { ErrorState } from '../../components/error-state';
import { Loading } from '../../components/loading';
import { Facts } from '../../components/facts';
import { notifyDone, notifyProblem } from '../../components/notify';
import { PageHeader } from '../../components/page-header';
import { Panel } from '../../components/panel';
import { Time } from '../../components/time';
import { Deliveries } from './deliveries';
import { SecretDialog } from './secret-dialog';
import { WebhookState } from './webhook-state';
import { act, type WebhookAct, webhookQuery } from './webhooks-api';

interface Question {
  readonly title: string;
  readonly text: string;
  readonly button: string;
  readonly done: string;
  readonly isHarmless?: boolean;
}

const questions: Record<Exclude<WebhookAct, 'ping'>, Question> = {
  enable: {
    title: 'Go on sending?',
    text: 'What waits is sent first. What happened while it was disabled was never queued.',
    button: 'Enable',
    done: 'Enabled',
    isHarmless: true,
  },
  disable: {
    title: 'Send nothing more?',
    text: 'What waits stays. What happens meanwhile is not queued.',
    button: 'Disable',
    done: 'Disabled',
  },
  rotate: {
    title: 'Make another secret?',
    text: 'The one before signs, too, for a day, so that the receiver can change over.',
    button: 'Make it',
    done: 'There is a new secret',
    isHarmless: true,
  },
  replay: {
    title: 'Send what was given up again?',
    text: 'Under the same ids; a receiver that knows one already should ignore it.',
    button: 'Send again',
    done: 'Queued again',
    isHarmless: true,
  },
  delete: {
    title: 'Remove this webhook?',
    text: 'With everything that waits for it, and what is known of its deliveries. This cannot be undone.',
    button: 'Remove',
    done: 'Removed',
  },
};

export default function WebhookPage() {
  const { id = '' } = useParams();
  const { data: webhook, error, refetch } = useQuery(webhookQuery(id));
  const [asking, setAsking] = useState<keyof typeof questions | null>(null);
  const [secret, setSecret] = useState<string | null>(null);
  const client = useQueryClient();
  const navigate = useNavigate();
  if (error) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (!webhook) return <Loading />;
  const isEnabled = webhook.state === 'enabled';

  async function carryOut(what: WebhookAct, reason?: string): Promise<void> {
    const fresh = await act(id, what, reason);
    notifyDone(what === 'ping' ? 'A test is on its way' : questions[what].done);
    if (fresh !== null) setSecret(fresh);
    if (what === 'delete') await navigate('/admin/webhooks');
    await client.invalidateQueries({ queryKey: ['admin-webhooks'], exact: what === 'delete' });
  }

  return (
    <Stack gap="md">
      <PageHeader title={webhook.label} intro={<Code>{webhook.url}</Code>}>
        <Button
          variant="default"
          leftSection={<IconSend size={16} stroke={1.7} />}
          disabled={!isEnabled}
          onClick={() => void carryOut('ping').catch(notifyProblem)}
        >
          Send a test
        </Button>
        <Menu position="bottom-end" shadow="md">
          <Menu.Target>
            <Button variant="default" aria-label="More" px="sm">
              <IconDots size={16} />
            </Button>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Item onClick={() => setAsking(isEnabled ? 'disable' : 'enable')}>
              {isEnabled ? 'Disable…' : 'Enable…'}
            </Menu.Item>
            <Menu.Item onClick={() => setAsking('rotate')}>New secret…</Menu.Item>
            <Menu.Item disabled={webhook.dead === 0 || !isEnabled} onClick={() => setAsking('replay')}>
              Send what was given up again…
            </Menu.Item>
            <Menu.Divider />
            <Menu.Item color="red" onClick={() => setAsking('delete')}>
              Remove…
            </Menu.Item>
          </Menu.Dropdown>
        </Menu>
      </PageHeader>
      <Panel>
        <Facts
          of={[
            ['State', <WebhookState key="state" {...webhook} />],
            ['Events', webhook.events.join(', ')],
            ['Waiting', webhook.unfinished.toLocaleString()],
            ['Given up', webhook.dead.toLocaleString()],
            ['Failing since', webhook.failing_since && <Time key="failing" at={webhook.failing_since} />],
            ['Next try', webhook.resumes_at && <Time key="next" at={webhook.resumes_at} />],
            [
              'Old secret signs until',
              webhook.old_secret_until && <Time key="old" at={webhook.old_secret_until} />,
            ],
            ['Made', <Time key="made" at={webhook.created_at} />],
          ]}
        />
      </Panel>
      <Deliveries id={id} canReplay={isEnabled} />
      {asking && (
        <ConfirmDialog
          title={questions[asking].title}
          confirmLabel={questions[asking].button}
          hasReason
          isOpen
          onClose={() => setAsking(null)}
          onConfirm={(reason) => carryOut(asking, reason)}
          {...(questions[asking].isHarmless && { color: 'brand' })}
        >
          {questions[asking].text}
        </ConfirmDialog>
      )}
      <SecretDialog secret={secret} onClose={() => setSecret(null)} />
    </Stack>
  );
}
