/** A mail as it leaves. */
export interface MailMessage {
  /** The same for every attempt, so that a mail that is sent twice can be known for one. */
  id: string;
  to: string;
  subject: string;
  /** Plain text, lines ended by a line feed. */
  text: string;
}

/** Where mails go: the port. What is sent twice must do no harm. */
export interface MailTransport {
  readonly name: 'smtp' | 'file';
  /** @throws MailError; the signal's reason where that aborts */
  send(message: MailMessage, signal: AbortSignal): Promise<void>;
}

/** A mail was not taken. The message is made of codes alone: what a server says may repeat the address. */
export class MailError extends Error {
  override readonly name = 'MailError';
  /** Whether another attempt would be refused as well. */
  readonly final: boolean;

  constructor(message: string, { final }: { final: boolean }) {
    super(message);
    this.final = final;
  }
}
