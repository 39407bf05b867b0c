import { loadConfig, redactConfig } from '@app/config';
import type { Command } from 'commander';
import type { Cli } from '../cli.js';

export function addConfig(cli: Cli, program: Command): void {
  const config = cli.group(program, 'config', 'the settings of the environment');
  cli.leaf(
    config,
    {
      usage: 'check',
      summary: 'understand all settings as a start does, and print them without secrets; asks no store',
      examples: ['config check', 'config check --json'],
    },
    (command) => command,
    async () => {
      const settings = redactConfig(loadConfig());
      return { text: `${lines(settings).join('\n')}\n\nThe settings are fine.`, json: { settings } };
    },
  );
}

/** One line for each value, by its path. */
function lines(value: unknown, path = ''): string[] {
  if (value === undefined) return [];
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return [`${path} = ${JSON.stringify(value)}`];
  return Object.entries(value).flatMap(([name, part]) => lines(part, path === '' ? name : `${path}.${name}`));
}
