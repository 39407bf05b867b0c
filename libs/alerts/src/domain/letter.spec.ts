import { type Alert, alertKinds } from './alert.js';
import { letterOf } from './letter.js';

const alert: Alert = {
  id: 7,
  kind: 'signin.new_device',
  userId: 'u',
  recipient: 'ann@example.com',
  facts: { ip_address: '192.0.2.1', device: { browser: 'Firefox', os: 'Linux' } },
  at: new Date('2026-03-01T12:34:56.789Z'),
  attempts: 1,
};

describe(letterOf.name, () => {
  it('says what happened, when, on what, from where, and what to do', () => {
    expect(letterOf(alert, 'https://id.example.com')).toEqual({
      id: '<alert.7.1772368496789@id.example.com>',
      to: 'ann@example.com',
      subject: 'New device signed in to your account',
      text: [
        'Hello,',
        '',
        'Somebody signed in to your account from a device that it has not been used on before.',
        '',
        'When:    2026-03-01 12:34 UTC',
        'Device:  Firefox on Linux',
        'Address: 192.0.2.1',
        '',
        'If this was you, there is nothing to do. If not, sign in at https://id.example.com, end the sessions that ' +
          'you do not know, and change your password.',
        '',
        'Rollcall at id.example.com',
        'This message was sent automatically.',
        '',
      ].join('\n'),
    });
  });

  it.each(alertKinds)('has words of its own for %s, with and without facts', (kind) => {
    const subjects = new Set(
      alertKinds.map((each) => letterOf({ ...alert, kind: each }, 'http://a').subject),
    );
    expect(subjects.size).toBe(alertKinds.length);
    const { subject, text } = letterOf({ ...alert, kind, facts: {} }, 'https://id.example.com');
    expect(subject).toMatch(/^[A-Z][\w '-]+[a-z]$/);
    expect(text).not.toMatch(/undefined|null|\[object/);
    expect(text.match(/https?:\/\/\S+/g)?.map((link) => link.replace(/[,.]$/, ''))).toEqual([
      'https://id.example.com',
    ]);
  });

  it('carries no link, markup or line that a client says of itself [v5.0.0-1.2.1]', () => {
    const device = {
      browser: 'evil.example/click<img src=x onerror=1>',
      os: 'Linux\r\nBcc: all@example.com https://evil.example',
    };
    const { text } = letterOf({ ...alert, facts: { device } }, 'https://id.example.com');
    const line = text.split('\n').find((each) => each.startsWith('Device:'));
    expect(line).toBe(
      'Device:  evil example click img src x onerror 1 on Linux Bcc  all example com https evil ex',
    );
    expect(text).not.toMatch(/evil\.|<|\r/);
  });
});
