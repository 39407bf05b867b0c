import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { catalogue } from './catalogue.js';

const folder = 'libs/doctor/src';
const specs = (readdirSync(folder, { recursive: true }) as string[])
  .filter((file) => file.endsWith('.spec.ts'))
  .map((file) => join(folder, file));

describe('the catalogue of findings', () => {
  it('has none that no test finds', () => {
    const tests = ['test/faults/doctor.spec.ts', ...specs]
      .map((file) => readFileSync(file, 'utf8'))
      .join('\n');
    expect(Object.keys(catalogue).filter((id) => !tests.includes(`'${id}'`))).toEqual([]);
  });
});
