import type { Alert, AlertFacts, AlertKind } from './alert.js';
import type { Letter } from './mailer.js';

interface Words {
  readonly subject: string;
  readonly text: (facts: AlertFacts) => string;
  /** What to do about it. */
  readonly advice: 'review' | 'recover';
}

const words: Record<AlertKind, Words> = {
  'signin.new_device': {
    subject: 'New device signed in to your account',
    text: () => 'Somebody signed in to your account from a device that it has not been used on before.',
    advice: 'review',
  },
  'signin.new_network': {
    subject: 'Sign-in from a new network',
    text: () => 'Somebody signed in to your account from a network that it has not been used from before.',
    advice: 'review',
  },
  'signin.after_failures': {
    subject: 'Sign-in after failed attempts',
    text: ({ failures }) =>
      `Somebody signed in to your account after ${failures ?? 'several'} attempts with a wrong password.`,
    advice: 'review',
  },
  'session.agent_changed': {
    subject: 'One of your sessions moved to another browser',
    text: () =>
      'A session of your account went on in another browser or system than the one it was opened in. That happens ' +
      'when a browser is copied or synchronised, and when a session is stolen.',
    advice: 'review',
  },
  'session.refresh_reused': {
    subject: 'We ended one of your sessions',
    text: () =>
      'A key of one of your sessions was used a second time, which means that somebody may have a copy of it. We ' +
      'have ended that session; whoever used it has to sign in again.',
    advice: 'review',
  },
  'session.limit': {
    subject: 'You were signed out on one of your devices',
    text: () =>
      'Your account was signed in on as many devices as it may be, so a new sign-in has ended one of the sessions ' +
      'before.',
    advice: 'review',
  },
  'user.password_changed': {
    subject: 'Your password was changed',
    text: () => 'The password of your account was changed, and every other session was ended.',
    advice: 'recover',
  },
  'user.email_changed': {
    subject: 'The e-mail address of your account was changed',
    text: () =>
      'Your account has another e-mail address now. This message goes to the address before and to the new one.',
    advice: 'recover',
  },
};

/** Plain text; `url` is where people sign in. No token, no link that does anything, nothing that others have typed. */
export function letterOf(alert: Alert, url: string): Letter {
  const { subject, text, advice } = words[alert.kind];
  const { host, hostname } = new URL(url);
  const paragraphs = [
    'Hello,',
    text(alert.facts),
    factsOf(alert).join('\n'),
    advices[advice](url),
    `Rollcall at ${host}\nThis message was sent automatically.`,
  ];
  return {
    id: `<alert.${alert.id}.${alert.at.getTime()}@${hostname}>`,
    to: alert.recipient,
    subject,
    text: `${paragraphs.join('\n\n')}\n`,
  };
}

const advices: Record<Words['advice'], (url: string) => string> = {
  review: (url) =>
    `If this was you, there is nothing to do. If not, sign in at ${url}, end the sessions that you do not know, and ` +
    'change your password.',
  recover: (url) =>
    `If this was you, there is nothing to do. If not, tell the administrator of ${url} at once: somebody else has ` +
    'your account.',
};

function factsOf({ at, facts: { device, ip_address: address } }: Alert): string[] {
  return [
    `When:    ${at.toISOString().slice(0, 16).replace('T', ' ')} UTC`,
    ...(device ? [`Device:  ${nameOf(device)}`] : []),
    ...(address === undefined ? [] : [`Address: ${address}`]),
  ];
}

/**
 * The names come from what a client says of itself. Dots and slashes go, so that nobody can make us mail a link to
 * somebody whose address they have registered.
 */
function nameOf({ browser, os }: NonNullable<AlertFacts['device']>): string {
  const [program, system] = [browser, os].map((name) =>
    (name ?? '')
      .replace(/[^\p{L}\p{N} _-]+/gu, ' ')
      .trim()
      .slice(0, 40),
  );
  return [program || 'unknown', system && `on ${system}`].filter(Boolean).join(' ');
}
