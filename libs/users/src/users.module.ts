import { Module } from '@nestjs/common';
import { UserRepository } from './domain/user-repository.js';
import { DrizzleUserRepository } from './infrastructure/postgres/drizzle-user-repository.js';

@Module({
  providers: [{ provide: UserRepository, useClass: DrizzleUserRepository }],
  exports: [UserRepository],
})
export class UsersModule {}
