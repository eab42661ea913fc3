import { SMTPServer } from 'smtp-server'
import type { Feed } from '../feed.ts'
import { parseMail } from './parse-mail.ts'
import type { ParsedMail } from './parse-mail.ts'

/** One mail as it arrived; `rcpt` are the envelope's receivers, which a header may not name. */
export interface ReceivedMail extends ParsedMail {
  readonly atMs: number
  readonly rcpt: readonly string[]
}

/** An SMTP server that keeps what it is given. */
export interface MailSink {
  readonly host: string
  readonly port: number
  mails(): readonly ReceivedMail[]
  /** The next `times` mails are refused with this SMTP reply. */
  refuse(times: number, code: number, text: string): void
  close(): Promise<void>
}

const host = '127.0.0.1'

/** Listens on 127.0.0.1; port 0 takes a free one. Rejects with a clear sentence when the port is taken. */
export async function startMailSink(port: number, feed: Feed): Promise<MailSink> {
  const mails: ReceivedMail[] = []
  let refusal = { left: 0, code: 0, text: '' }
  const server = new SMTPServer({
    disabledCommands: ['STARTTLS'],
    authOptional: true,
    onMailFrom(_address, _session, done) {
      if (refusal.left <= 0) return done()
      refusal = { ...refusal, left: refusal.left - 1 }
      done(Object.assign(new Error(refusal.text), { responseCode: refusal.code }))
    },
    onData(stream, session, done) {
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('error', done)
      stream.on('end', () => {
        const rcpt = session.envelope.rcptTo.map((entry) => entry.address)
        mails.push({ ...parseMail(Buffer.concat(chunks)), atMs: Date.now(), rcpt })
        feed.publish({ kind: 'mail' })
        done()
      })
    },
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) =>
      reject(
        new Error(
          cause.code === 'EADDRINUSE'
            ? `port ${port} for mail is in use; choose another smtpPort, or 0 for any free one`
            : `mail cannot listen on port ${port}: ${cause.message}`,
          { cause },
        ),
      ),
    )
    server.listen(port, host, resolve)
  })
  // A client that hangs up in the middle of a mail must not end the process.
  server.on('error', () => undefined)
  const address = server.server.address()
  return {
    host,
    port: typeof address === 'object' && address ? address.port : port,
    mails: () => mails,
    refuse: (times, code, text) => (refusal = { left: times, code, text }),
    close: () => new Promise((resolve) => server.close(resolve)),
  }
}
