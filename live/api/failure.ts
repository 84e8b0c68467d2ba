/** An answer that is a refusal: its kind gives the status, its message is a sentence for whoever asked. */
import { FAILURES, type FailureKind } from './schemas.ts';

export class ApiFailure extends Error {
  readonly kind: FailureKind;

  constructor(kind: FailureKind, message: string) {
    super(message);
    this.kind = kind;
  }

  get status(): number {
    return FAILURES[this.kind];
  }

  get body(): { error: string; kind: FailureKind } {
    return { error: this.message, kind: this.kind };
  }
}
