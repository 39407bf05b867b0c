import { createHmac } from 'node:crypto';
import { ServerSecret, type UserId } from '@app/kernel';
import { Injectable } from '@nestjs/common';
import type { Device } from '../domain/session.js';

/** Digests of what devices call themselves: different for every user, so that nobody can be followed by them. */
@Injectable()
export class DeviceKeys {
  private readonly key: Buffer;

  constructor(secret: ServerSecret) {
    this.key = secret.deriveKey('rollcall/device/v1');
  }

  /** Of the random id that a browser or app keeps. */
  ofId(userId: UserId, deviceId: string): string {
    return this.digest(`${userId}|id|${deviceId}`);
  }

  /** For a client that keeps no id: what kind of thing it is, which several may share. */
  ofKind(userId: UserId, { browser, os, kind }: Device): string {
    return this.digest(`${userId}|kind|${browser}|${os}|${kind}`);
  }

  private digest(text: string): string {
    return createHmac('sha256', this.key).update(text).digest().subarray(0, 16).toString('base64url');
  }
}
