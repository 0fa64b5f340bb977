import { atFileEnd } from '@hivesync/testing';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';

export interface ReceivedMail {
  to: string[];
  /** As it came, headers first. */
  raw: string;
  /** Whether the connection was encrypted by then. */
  secure: boolean;
  user: string | undefined;
}

export interface SmtpStub {
  port: number;
  received: ReceivedMail[];
  close(): Promise<void>;
}

/** A real SMTP server on this machine, which keeps what it is given. It goes when the test file ends. */
export async function smtpServer(options: SMTPServerOptions = {}, port = 0): Promise<SmtpStub> {
  const received: ReceivedMail[] = [];
  const server = new SMTPServer({
    disabledCommands: ['AUTH', 'STARTTLS'],
    onData(stream, session, done) {
      const parts: Buffer[] = [];
      stream.on('data', (part: Buffer) => parts.push(part));
      stream.once('end', () => {
        received.push({
          to: session.envelope.rcptTo.map(({ address }) => address),
          raw: Buffer.concat(parts).toString(),
          secure: session.secure,
          user: session.user?.toString(),
        });
        done();
      });
    },
    ...options,
  });
  // Clients that break off, as those of these tests do.
  server.on('error', () => undefined);
  await new Promise<void>((done) => server.listen(port, '127.0.0.1', () => done()));
  let closed: Promise<void> | undefined;
  const close = () => {
    closed ??= new Promise((done) => server.close(() => done()));
    return closed;
  };
  atFileEnd(close);
  const address = server.server.address();
  if (address === null || typeof address === 'string') throw new TypeError('it listens on no port');
  return { port: address.port, received, close };
}
