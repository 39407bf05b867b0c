import type { PasswordsConfig } from '@app/config';
import { Inject, Injectable } from '@nestjs/common';
import { dictionary } from '@zxcvbn-ts/language-common';
import { passwordsConfigToken } from '../../auth.config.js';
import { CommonPasswords } from '../../domain/common-passwords.js';

/** Shorter entries still matter as the unit of a repeated password (`dragondragondragon`). */
const shortestUnit = 4;

/** The 49,000 entries of the zxcvbn project, about 3 MB in memory. */
@Injectable()
export class ZxcvbnCommonPasswords extends CommonPasswords {
  private readonly entries: ReadonlySet<string>;

  constructor(@Inject(passwordsConfigToken) config: PasswordsConfig) {
    super();
    const shortest = Math.min(shortestUnit, config.minLength);
    const list = dictionary['passwords-common'] as readonly string[];
    this.entries = new Set(
      list.filter((entry) => entry.length >= shortest).map((entry) => entry.toLowerCase()),
    );
  }

  includes(foldedPassword: string): boolean {
    return this.entries.has(foldedPassword);
  }
}
