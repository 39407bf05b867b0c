import type { FirstAdministrator } from '@app/auth';
import type { Config } from '@app/config';

/** What a person sees in the terminal after a start. The password appears here and nowhere else. */
export function welcome(url: string, config: Config, administrator: FirstAdministrator | null): string {
  const lines = [
    '',
    `  Rollcall is ready at ${url}`,
    '',
    `    Web      ${url}/admin for administrators, ${url}/account for everybody`,
    `    API      ${url}/api/v1`,
    `    Swagger  ${url}/docs`,
    `    Health   ${url}/health and ${url}/ready`,
    `    Data     ${config.postgres.kind === 'embedded' ? config.postgres.dataDir : 'PostgreSQL of DATABASE_URL'}`,
    `    Redis    ${config.redis ? 'connected by REDIS_URL' : 'none (not needed)'}`,
  ];
  if (administrator?.generatedPassword) {
    lines.push(
      '',
      '    First administrator, shown this once:',
      `      e-mail    ${administrator.email}`,
      `      password  ${administrator.generatedPassword}`,
    );
  }
  return `${lines.join('\n')}\n\n`;
}
