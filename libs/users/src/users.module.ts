import { Module } from '@nestjs/common';
import { AvatarRepository, AvatarStudio } from './domain/avatar.js';
import { UserDirectory } from './domain/user-directory.js';
import { UserRepository } from './domain/user-repository.js';
import { DrizzleAvatarRepository } from './infrastructure/postgres/drizzle-avatar-repository.js';
import { DrizzleUserDirectory } from './infrastructure/postgres/drizzle-user-directory.js';
import { DrizzleUserRepository } from './infrastructure/postgres/drizzle-user-repository.js';
import { SharpAvatarStudio } from './infrastructure/sharp/sharp-avatar-studio.js';

@Module({
  providers: [
    { provide: UserRepository, useClass: DrizzleUserRepository },
    { provide: UserDirectory, useClass: DrizzleUserDirectory },
    { provide: AvatarRepository, useClass: DrizzleAvatarRepository },
    { provide: AvatarStudio, useClass: SharpAvatarStudio },
  ],
  exports: [UserRepository, UserDirectory, AvatarRepository, AvatarStudio],
})
export class UsersModule {}
