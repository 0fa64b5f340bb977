import type { StoredAnswer } from './stored-answers.ts';

/** A stored refusal, thrown to be answered as it was the first time. */
export class ReplayedRefusal extends Error {
  override readonly name = 'ReplayedRefusal';
  readonly answer: StoredAnswer;

  constructor(answer: StoredAnswer) {
    super('a refusal is replayed');
    this.answer = answer;
  }
}
