import { Clock, ServerSecret } from '@app/kernel';
import { Injectable } from '@nestjs/common';
import { createChallenge, verifySolution } from 'altcha-lib';
import { deriveKey } from 'altcha-lib/algorithms/sha';
import { z } from 'zod';
import { type Challenge, type ProofBinding, ProofOfWork } from '../../domain/protection/proof-of-work.js';
import type { Spendable } from '../../domain/single-use.js';

/** Milliseconds for solving and sending. */
const lifeMs = 120_000;

const algorithm = 'SHA-256';

/** Twelve bits by the prefix that a key must have, the others by the hashes that one key takes. */
const keyPrefix = '000';
const prefixBits = 12;

const maxAnswerLength = 4_096;

const answerSchema = z.object({
  challenge: z.object({
    parameters: z.looseObject({
      algorithm: z.literal(algorithm),
      nonce: z.string(),
      salt: z.string(),
      cost: z.int(),
      keyLength: z.int(),
      keyPrefix: z.literal(keyPrefix),
      expiresAt: z.int(),
      data: z.object({ action: z.string(), account: z.string() }),
    }),
    signature: z.string(),
  }),
  solution: z.object({ counter: z.int(), derivedKey: z.string(), time: z.number().optional() }),
});

/** ALTCHA, version 2: challenges are signed and not stored; nobody but a client that computes is asked anything. */
@Injectable()
export class AltchaProofOfWork extends ProofOfWork {
  private readonly secret: string;

  constructor(
    secret: ServerSecret,
    private readonly clock: Clock,
  ) {
    super();
    this.secret = secret.deriveKey('rollcall/challenge/v1').toString('hex');
  }

  async issue({ action, account }: ProofBinding, bits: number): Promise<Challenge> {
    const challenge = await createChallenge({
      algorithm,
      cost: costOf(bits),
      keyPrefix,
      deriveKey,
      expiresAt: new Date(this.clock.now().getTime() + lifeMs),
      data: { action, account },
      hmacSignatureSecret: this.secret,
    });
    return { ...challenge };
  }

  async check(text: string, { action, account }: ProofBinding, bits: number): Promise<Spendable | null> {
    const answer = parsed(text);
    if (!answer) return null;
    const { challenge, solution } = answer;
    const { cost, data, expiresAt } = challenge.parameters;
    const isBound = data.action === action && data.account === account;
    const isCurrent = expiresAt * 1_000 > this.clock.now().getTime();
    if (!isBound || !isCurrent || cost < costOf(bits)) return null;
    const { verified } = await verifySolution({
      challenge,
      solution,
      deriveKey,
      hmacSignatureSecret: this.secret,
    });
    return verified ? { id: challenge.signature, expiresAt: new Date(expiresAt * 1_000) } : null;
  }
}

function costOf(bits: number): number {
  return 2 ** (bits - prefixBits);
}

/** Base64 of JSON, as the widget sends it. */
function parsed(text: string): z.infer<typeof answerSchema> | null {
  if (text.length > maxAnswerLength) return null;
  try {
    const json: unknown = JSON.parse(Buffer.from(text, 'base64').toString('utf8'));
    return answerSchema.safeParse(json).data ?? null;
  } catch {
    // Not JSON: no answer of any widget.
    return null;
  }
}
