import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { findProgram } from '@app/testing';
import { parse } from 'yaml';
import { metricsOf } from './support/settings.js';

const promtool = (...args: string[]): string =>
  execFileSync(findProgram('promtool', 'prometheus'), args, { encoding: 'utf8', cwd: 'deploy/prometheus' });

interface Rules {
  readonly groups: readonly {
    readonly rules: readonly { readonly alert: string; readonly expr: string }[];
  }[];
}

const rules = (parse(readFileSync('deploy/prometheus/rules.yml', 'utf8')) as Rules).groups.flatMap(
  (group) => group.rules,
);

describe('deploy/prometheus', () => {
  it('has a configuration and rules that Prometheus takes', () => {
    expect(promtool('check', 'config', 'prometheus.yml')).not.toContain('FAILED');
    expect(promtool('check', 'rules', 'rules.yml')).toContain(`SUCCESS: ${rules.length} rules found`);
  });

  it('has rules that fire when they should, and only then', () => {
    expect(promtool('test', 'rules', 'rules.test.yml')).toContain('SUCCESS');
  });

  it('has none that nobody has seen fire', () => {
    const tested = readFileSync('deploy/prometheus/rules.test.yml', 'utf8');
    const untested = rules.filter(
      ({ alert }) => !new RegExp(`alertname: ${alert}\n +exp_alerts:`).test(tested),
    );
    expect(untested).toEqual([]);
  });

  it('asks for metrics that exist', () => {
    const documented = readFileSync('docs/operations.md', 'utf8');
    const asked = rules.flatMap(({ expr }) => metricsOf(expr));
    expect(asked.filter((name) => !documented.includes(name))).toEqual([]);
  });

  it('tells what to do about each alert', () => {
    const documented = readFileSync('docs/operations.md', 'utf8');
    expect(rules.map(({ alert }) => alert).filter((alert) => !documented.includes(alert))).toEqual([]);
  });
});
